"use strict";
// Keeps the picture fluent: a computer that draws in software gets a simpler picture.

function drawsInSoftware() {
  const gl = document.createElement("canvas").getContext("webgl");
  const info = gl && gl.getExtension("WEBGL_debug_renderer_info");
  const name = info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "";
  return /swiftshader|llvmpipe|software/i.test(name);
}

// A meshcat viewer. `?quality=high` in the address keeps everything on.
function makeViewer() {
  const pane = document.getElementById("meshcat-pane");
  const fixed = new URLSearchParams(location.search).get("quality") === "high";
  const simple = !fixed && drawsInSoftware();
  const renderer = new THREE.WebGLRenderer({antialias: !simple, alpha: true});
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = THREE.PCFSoftShadowMap;
  pane.appendChild(renderer.domElement);
  const viewer = new MeshCat.Viewer(pane, true, renderer);
  viewer.fixedQuality = fixed;
  viewer.simple = simple;
  return viewer;
}

const QUALITY_STEPS = [
  (scene) => { scene.sun.castShadow = false; scene.plainGround(); scene.coarseRobot(0.03); },
  (scene) => scene.viewer.renderer.setPixelRatio(0.7 * window.devicePixelRatio),
  (scene) => scene.viewer.renderer.setPixelRatio(0.5 * window.devicePixelRatio),
  (scene) => scene.coarseRobot(0.06),
  (scene) => scene.viewer.renderer.setPixelRatio(0.33 * window.devicePixelRatio),
];

// Takes one step down whenever fewer than 22 of the pictures a second that were asked for came.
function keepFluent(scene) {
  if (scene.viewer.fixedQuality) return;
  let step = 0, drawn = scene.frames, asked = scene.updates, last = performance.now();
  const down = () => {
    QUALITY_STEPS[step++](scene);
    scene.viewer.set_3d_pane_size();
  };
  if (scene.viewer.simple) down();
  setInterval(() => {
    const seconds = (performance.now() - last) / 1000;
    const rate = (scene.frames - drawn) / seconds, wanted = (scene.updates - asked) / seconds;
    if (rate < 22 && rate < 0.8 * wanted && step < QUALITY_STEPS.length) down();
    drawn = scene.frames; asked = scene.updates; last = performance.now();
  }, 1500);
}
