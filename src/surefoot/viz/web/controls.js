"use strict";
// What the page may change in the running program. The program checks every message again.

// Makes the controls that are offered, or, where they are there already, shows what they now are.
function showControls(offer, send) {
  const box = document.getElementById("controls");
  const offered = JSON.stringify([offer.gaits, offer.limits, offer.actions,
                                  Object.keys(offer.parameters)]);
  if (box.offered !== offered) box.show = makeControls(box, offer, send);
  box.offered = offered;
  box.show(offer);
}

// Returns a function that shows other values of the same controls.
function makeControls(box, offer, send) {
  const command = {...offer.command};
  const sliders = {};
  const sendCommand = () => send({type: "command", ...command});

  const gait = element("select", {id: "gait"}, ...offer.gaits.map((name) =>
    element("option", {value: name, textContent: name, selected: name === offer.gait})));
  gait.onchange = () => send({type: "gait", name: gait.value});

  for (const [name, limit] of Object.entries(offer.limits)) {
    sliders[name] = makeSlider(`command-${name}`, name.replace("_", " "), -limit, limit, 0.05,
      command[name], (value) => { command[name] = value; sendCommand(); });
  }
  const nudge = (name, step) => {
    const limit = offer.limits[name];
    command[name] = Math.max(-limit, Math.min(limit, Math.round(20 * (command[name] + step)) / 20));
    sliders[name].show(command[name]);
    sendCommand();
  };
  const stop = () => {
    for (const name of Object.keys(command)) { command[name] = 0; sliders[name].show(0); }
    sendCommand();
  };

  let paused = false;
  const pause = makeButton("pause", "pause", () => {
    paused = !paused;
    pause.className = paused ? "on" : "";
    send({type: "pause", on: paused});
  });
  const direction = element("select", {id: "push-direction"},
    ...Object.entries({left: 90, right: -90, forward: 0, backward: 180}).map(([name, degrees]) =>
      element("option", {value: degrees, textContent: name})));
  const push = makeButton("push", "push", () => send({
    type: "push", direction_deg: Number(direction.value), size: Number(size.input.value)}));
  const size = makeSlider("push-size", "push m/s", 0.1, 2, 0.1, 0.5, () => {});
  const action = (name) => makeButton(name, name, () => send({type: "action", name}));
  const speed = makeSlider("speed", "speed", 0.05, 2, 0.05, offer.speed || 1,
                           (value) => send({type: "speed", value}));

  // One list a section of the robot file: nmpc, wbc, ...
  const sections = {}, parameterSliders = {};
  for (const [name, p] of Object.entries(offer.parameters)) {
    const [section, key] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
    parameterSliders[name] =
      makeSlider(`parameter-${name}`, key, p.low, p.high, "any", p.value,
                 (value) => send({type: "parameter", name, value}), "parameter");
    (sections[section] ||= []).push(parameterSliders[name].label);
  }
  const parameters = Object.entries(sections).map(([section, labels]) =>
    element("details", {id: `parameters-${section}`}, element("summary", {}, section), ...labels));
  box.replaceChildren(
    element("details", {open: true}, element("summary", {}, "controls"),
      element("label", {}, element("span", {}, "gait"), gait),
      ...Object.values(sliders).map((slider) => slider.label), speed.label, size.label,
      element("label", {}, element("span", {}, "push to"), direction),
      element("div", {className: "buttons"}, pause, push, makeButton("stop", "stop", stop),
              ...offer.actions.map(action))),
    ...(parameters.length
      ? [element("details", {id: "parameters"}, element("summary", {}, "weights and gains"),
                 ...parameters)] : []));

  const keys = {
    KeyW: () => nudge("vx", 0.1), KeyS: () => nudge("vx", -0.1),
    KeyQ: () => nudge("vy", 0.1), KeyE: () => nudge("vy", -0.1),
    KeyA: () => nudge("yaw_rate", 0.1), KeyD: () => nudge("yaw_rate", -0.1),
    KeyX: stop, KeyP: () => push.click(), Space: () => pause.click(),
  };
  window.onkeydown = (event) => {
    const typing = ["SELECT", "INPUT"].includes(event.target.tagName);
    if (event.ctrlKey || event.metaKey || (typing && event.target.type !== "range")) return;
    if (keys[event.code]) { event.preventDefault(); keys[event.code](); }
  };

  return (now) => {
    gait.value = now.gait;
    Object.assign(command, now.command);
    for (const [name, value] of Object.entries(command)) sliders[name].show(value);
    for (const [name, p] of Object.entries(now.parameters)) {
      const slider = parameterSliders[name];
      Object.assign(slider.input, {min: p.low, max: p.high});
      slider.show(p.value);
    }
  };
}

function makeSlider(id, text, min, max, step, value, changed, className = "") {
  const input = element("input", {type: "range", id, min, max, step, value});
  const output = element("output", {}, number(Number(value)));
  input.oninput = () => {
    output.textContent = number(Number(input.value));
    changed(Number(input.value));
  };
  const show = (to) => { input.value = to; output.textContent = number(to); };
  return {input, show, label: element("label", {className}, element("span", {}, text), input, output)};
}

function makeButton(id, text, onclick) {
  return element("button", {id, type: "button", textContent: text,
                            onclick: (event) => { event.currentTarget.blur(); onclick(); }});
}

function showError(text) {
  const box = document.getElementById("error");
  box.textContent = text;
  clearTimeout(box.timer);
  box.timer = setTimeout(() => { box.textContent = ""; }, 4000);
}
