"use strict";
// The panel over the picture: status, layers, live values.

function element(tag, attributes, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

function makePanel(scene) {
  document.title = `Surefoot: ${scene.layout.robot}`;
  const layers = element("div", {id: "layers"});
  for (const layer of Object.keys(scene.layout.layers)) {
    const box = element("input", {type: "checkbox", id: `layer-${layer}`,
                                  checked: scene.layerShown(layer)});
    box.onchange = () => scene.setLayer(layer, box.checked);
    layers.append(element("label", {}, box, element("span", {}, layer.replaceAll("_", " "))));
  }
  const follow = element("input", {type: "checkbox", id: "follow", checked: true});
  follow.onchange = () => { scene.follow = follow.checked; };
  layers.append(element("label", {}, follow, element("span", {}, "camera follows")));
  document.getElementById("panel").append(
    element("h1", {}, "surefoot ", element("b", {}, scene.layout.robot)),
    element("div", {id: "status"}),
    element("div", {id: "controls"}),
    element("div", {id: "error"}),
    element("details", {open: true}, element("summary", {}, "layers"), layers),
    element("details", {open: true}, element("summary", {}, "values"),
            element("table", {id: "values"})));
  centreBeside(document.getElementById("panel"), scene.viewer);
  let last = performance.now(), count = scene.frames;
  setInterval(() => {
    const now = performance.now();
    scene.rate = 1000 * (scene.frames - count) / (now - last);
    showValues({time_s: scene.time, frames_per_s: scene.rate});
    last = now; count = scene.frames;
  }, 1000);
}

// The middle of the picture is the middle of what the panel leaves free.
function centreBeside(panel, viewer) {
  const centre = () => {
    const width = window.innerWidth, height = window.innerHeight, covered = panel.offsetWidth;
    if (covered < 0.5 * width)
      viewer.camera.setViewOffset(width, height, -covered / 2, 0, width, height);
    else viewer.camera.clearViewOffset();
    viewer.set_dirty();
  };
  new ResizeObserver(centre).observe(panel);
  window.addEventListener("resize", centre);
}

function setStatus(text, good) {
  const status = document.getElementById("status");
  status.textContent = text;
  status.className = good ? "good" : "bad";
}

function showLayer(scene, layer, on) {
  scene.setLayer(layer, on);
  document.getElementById(`layer-${layer}`).checked = on;
}

function showValues(values) {
  const table = document.getElementById("values");
  for (const [name, value] of Object.entries(values)) {
    let row = document.getElementById(`value-${name}`);
    if (!row) {
      row = element("tr", {id: `value-${name}`}, element("td", {}, name.replaceAll("_", " ")),
                    element("td", {}));
      table.append(row);
    }
    row.lastChild.textContent = typeof value === "number" ? number(value) : value;
  }
}

function number(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
