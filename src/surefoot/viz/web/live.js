"use strict";
// The live page: loads the scene, then draws what the program sends.

async function startLive(viewer) {
  const layout = await (await fetch("layout.json")).json();
  loadRobot(viewer, layout, await (await fetch("robot.bin")).arrayBuffer());
  const scene = window.surefoot = new Scene(viewer, layout);
  makePanel(scene);
  keepFluent(scene);
  connect(scene);
}

function connect(scene) {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { setStatus("live", true); reloadForAnother(scene); };
  socket.onclose = () => {
    setStatus("program ended", false);
    setTimeout(() => connect(scene), 1000);
  };
  socket.onmessage = (message) => {
    if (typeof message.data === "string") onMessage(scene, JSON.parse(message.data));
    else scene.update(new Float32Array(message.data));
  };
  window.surefootSend = (data) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(data));
  };
}

function onMessage(scene, message) {
  if (message.type === "values") showValues(message.values);
  else if (message.type === "layer") showLayer(scene, message.name, message.on);
  else if (message.type === "controls") showControls(message, window.surefootSend);
  else if (message.type === "error") showError(message.text);
}

// A program that took the place of the last one at this address may draw another robot or ground.
async function reloadForAnother(scene) {
  const layout = await (await fetch("layout.json")).json();
  if (JSON.stringify(layout) !== JSON.stringify(scene.layout)) location.reload();
}
