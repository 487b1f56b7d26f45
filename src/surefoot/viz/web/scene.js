"use strict";
// Draws frame vectors (see scene.py) into a meshcat viewer.

const THREE = MeshCat.THREE;
const SKY_COLOR = [0.915, 0.935, 0.955];
const TUBE_SIDES = 5;

function hex(color) { return new THREE.Color(color); }

function glossy(color, opacity) {
  return new THREE.MeshPhongMaterial({
    color: hex(color), shininess: 60, transparent: opacity < 1, opacity: opacity,
    depthWrite: opacity === 1, side: opacity < 1 ? THREE.DoubleSide : THREE.FrontSide,
  });
}

// Makers of the drawn bodies. Each returns {object, update(values)}.
const MAKERS = {
  arrow(item) {
    const arrow = new THREE.Group();
    const shaft = new THREE.Mesh(new THREE.CylinderGeometry(1, 1, 1, 14), glossy(item.color, 1));
    const head = new THREE.Mesh(new THREE.ConeGeometry(1, 1, 18), glossy(item.color, 1));
    shaft.geometry.translate(0, 0.5, 0);
    head.geometry.translate(0, 0.5, 0);
    arrow.add(shaft, head);
    const axis = new THREE.Vector3(), up = new THREE.Vector3(0, 1, 0);
    return {object: arrow, update(v) {
      axis.set(v[3], v[4], v[5]);
      const length = axis.length();
      const headLength = Math.min(5 * item.size, 0.5 * length);
      arrow.position.set(v[0], v[1], v[2]);
      arrow.quaternion.setFromUnitVectors(up, axis.multiplyScalar(1 / Math.max(length, 1e-9)));
      shaft.scale.set(item.size, Math.max(length - headLength, 1e-6), item.size);
      head.position.y = length - headLength;
      head.scale.set(2.2 * item.size, Math.max(headLength, 1e-6), 2.2 * item.size);
    }};
  },
  cone(item) {
    const cone = new THREE.Mesh(new THREE.ConeGeometry(1, 1, 32, 1, true), glossy(item.color, 0.28));
    cone.geometry.rotateX(Math.PI).translate(0, 0.5, 0);  // apex at the origin, opening along +y
    const axis = new THREE.Vector3(), up = new THREE.Vector3(0, 1, 0);
    return {object: cone, update(v) {
      axis.set(v[3], v[4], v[5]);
      const length = Math.max(axis.length(), 1e-9);
      cone.position.set(v[0], v[1], v[2]);
      cone.quaternion.setFromUnitVectors(up, axis.multiplyScalar(1 / length));
      cone.scale.set(item.size * length, length, item.size * length);
    }};
  },
  point(item) {
    const flat = item.layer === "footholds" || item.name === "com_ground";
    const geometry = flat ? new THREE.TorusGeometry(item.size, 0.25 * item.size, 6, 24)
                          : new THREE.SphereGeometry(item.size, 14, 9);
    const mesh = new THREE.Mesh(geometry, glossy(item.color, 1));
    return {object: mesh, update(v) { mesh.position.set(v[0], v[1], v[2]); }};
  },
  contact(item) {
    const mesh = new THREE.Mesh(new THREE.SphereGeometry(1.12 * item.size, 14, 9),
                                glossy(item.color, 0.99));
    mesh.castShadow = false;
    return {object: mesh, update(v) {
      mesh.position.set(v[0], v[1], v[2]);
      mesh.material.opacity = 0.12 + 0.78 * v[3];
    }};
  },
  curve(item) {
    const count = item.length / 3;
    const geometry = new THREE.BufferGeometry();
    const array = new Float32Array(count * TUBE_SIDES * 3), index = [];
    for (let i = 0; i + 1 < count; i++) for (let s = 0; s < TUBE_SIDES; s++) {
      const a = i * TUBE_SIDES + s, b = i * TUBE_SIDES + (s + 1) % TUBE_SIDES;
      index.push(a, b, a + TUBE_SIDES, b, b + TUBE_SIDES, a + TUBE_SIDES);
    }
    geometry.setAttribute("position", new THREE.BufferAttribute(array, 3));
    geometry.setIndex(index);
    const mesh = new THREE.Mesh(geometry, new THREE.MeshBasicMaterial(
      {color: hex(item.color), side: THREE.DoubleSide}));
    mesh.frustumCulled = false;
    mesh.castShadow = false;
    return {object: mesh, update(v) {
      tube(array, v, count, item.size);
      geometry.attributes.position.needsUpdate = true;
    }};
  },
};

// Writes a tube of the given radius around a polyline.
function tube(out, v, count, radius) {
  for (let i = 0; i < count; i++) {
    const a = 3 * Math.max(i - 1, 0), b = 3 * Math.min(i + 1, count - 1);
    let tx = v[b] - v[a], ty = v[b + 1] - v[a + 1], tz = v[b + 2] - v[a + 2];
    const n = Math.hypot(tx, ty, tz) || 1;
    tx /= n; ty /= n; tz /= n;
    const flat = Math.abs(tz) < 0.9;  // any direction that is not along the tangent
    let ux = flat ? -ty : 0, uy = flat ? tx : -tz, uz = flat ? 0 : ty;
    const m = Math.hypot(ux, uy, uz) || 1;
    ux = m > 1e-9 ? ux / m : 1; uy /= m; uz /= m;
    const wx = ty * uz - tz * uy, wy = tz * ux - tx * uz, wz = tx * uy - ty * ux;
    for (let s = 0; s < TUBE_SIDES; s++) {
      const angle = 2 * Math.PI * s / TUBE_SIDES;
      const c = radius * Math.cos(angle), d = radius * Math.sin(angle);
      const k = 3 * (i * TUBE_SIDES + s);
      out[k] = v[3 * i] + c * ux + d * wx;
      out[k + 1] = v[3 * i + 1] + c * uy + d * wy;
      out[k + 2] = v[3 * i + 2] + c * uz + d * wz;
    }
  }
}

class Scene {
  constructor(viewer, layout) {
    this.viewer = viewer;
    this.layout = layout;
    this.follow = true;
    this.time = 0;
    this.base = null;       // position of the base in the last frame
    this.frames = 0;        // pictures drawn, for the rate shown in the page
    this.updates = 0;       // frame vectors received
    const render = viewer.render.bind(viewer);
    viewer.render = () => { render(); this.frames += 1; };
    this.items = layout.items.map((item) => this.make(item));
    this.stage();
    for (const [layer, on] of Object.entries(layout.layers)) this.setLayer(layer, on);
  }

  make(item) {
    const path = ["surefoot", item.layer, item.name];
    if (item.kind === "pose") return {item, node: this.viewer.scene_tree.find(path), update: null};
    const made = MAKERS[item.kind](item);
    made.object.traverse((child) => { child.castShadow = child.castShadow !== false; });
    made.object.visible = false;
    this.viewer.set_object(path, made.object);
    return {item, object: made.object, update: made.update};
  }

  // Light, ground and camera. Light and ground go along with the robot.
  stage() {
    const viewer = this.viewer, scene = viewer.scene, h = this.layout.height;
    for (const name of ["top_color", "bottom_color"])
      viewer.set_property(["Background"], name, SKY_COLOR);
    for (const path of ["Grid", "Axes"]) viewer.set_property([path], "visible", false);
    for (const light of ["PointLightNegativeX", "PointLightPositiveX", "FillLight"])
      viewer.set_property(["Lights", light], "visible", false);
    viewer.set_property(["Lights", "AmbientLight", "<object>"], "intensity", 0.3);
    const haze = new THREE.Color(...SKY_COLOR);
    scene.fog = new THREE.Fog(haze, 14 * h + 3, 45 * h + 12);

    this.sky = new THREE.HemisphereLight(0xffffff, 0x9aa4b0, 0.32);
    this.sky.position.set(0, 0, 1);
    viewer.set_object(["Lights", "Sky"], this.sky);
    this.sun = new THREE.DirectionalLight(0xfff6e8, 0.55);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(1024, 1024);
    Object.assign(this.sun.shadow.camera,
      {left: -4 * h, right: 4 * h, top: 4 * h, bottom: -4 * h, near: 0.1, far: 20 * h});
    this.sun.shadow.bias = -0.0006;
    this.sun.shadow.radius = 3;
    viewer.set_object(["Lights", "Sun"], this.sun);
    scene.add(this.sun.target);
    this.rim = new THREE.DirectionalLight(0xdfeaff, 0.22);
    viewer.set_object(["Lights", "Rim"], this.rim);
    scene.add(this.rim.target);

    const ground = new THREE.Group();
    // The ground writes no depth: it is drawn first and hides nothing, so nothing flickers on it.
    const plane = new THREE.Mesh(new THREE.PlaneGeometry(400, 400),
      new THREE.MeshBasicMaterial({map: this.gridTexture(), depthWrite: false}));
    const shade = new THREE.Mesh(new THREE.PlaneGeometry(400, 400),
      new THREE.ShadowMaterial({opacity: 0.25, depthWrite: false}));
    shade.receiveShadow = true;
    [plane, shade].forEach((part, order) => { part.renderOrder = order - 2; });
    ground.add(plane, shade);
    viewer.set_object(["surefoot", "ground", "plane"], ground);
    ground.visible = this.layout.plane;
    this.ground = ground;
    this.view(-52, 22, 5.6);
  }

  // For a slow computer: lines without the costly filtering of slanting textures.
  plainGround() {
    const texture = this.ground.children[0].material.map;
    texture.anisotropy = 1;
    texture.needsUpdate = true;
  }

  // For a slow computer: the robot without details smaller than this part of its height.
  coarseRobot(part) {
    const robot = this.viewer.scene_tree.find(["surefoot", "robot"]).object;
    simplifyMeshes(robot, part * this.layout.height);
  }

  // A tile of 2 m with a line every 0.5 m.
  gridTexture() {
    const size = 1024, canvas = document.createElement("canvas"), draw = canvas.getContext("2d");
    canvas.width = canvas.height = size;
    draw.fillStyle = `#${new THREE.Color(...SKY_COLOR).getHexString()}`;
    draw.fillRect(0, 0, size, size);
    for (let i = 0; i <= 4; i++) {
      const wide = i % 4 === 0;
      draw.strokeStyle = wide ? "#a9b6c3" : "#c9d2db";
      draw.lineWidth = wide ? 6 : 3;
      const at = i * size / 4;
      draw.beginPath();
      draw.moveTo(at, 0); draw.lineTo(at, size);
      draw.moveTo(0, at); draw.lineTo(size, at);
      draw.stroke();
    }
    const texture = new THREE.CanvasTexture(canvas);
    texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
    texture.repeat.set(200, 200);
    texture.anisotropy = this.viewer.renderer.capabilities.getMaxAnisotropy();
    return texture;
  }

  // Camera on a sphere around the base: azimuth and elevation in degrees, distance in heights.
  view(azimuth, elevation, distance) {
    const b = this.base || [0, 0, this.layout.height], r = distance * this.layout.height;
    const a = azimuth * Math.PI / 180, e = elevation * Math.PI / 180;
    const x = b[0] + r * Math.cos(e) * Math.cos(a), y = b[1] + r * Math.cos(e) * Math.sin(a);
    Object.assign(this.viewer.camera, {fov: 38, near: 0.1 * this.layout.height, far: 300});
    this.viewer.camera.position.set(x, b[2] + r * Math.sin(e), -y);
    this.viewer.controls.target.set(b[0], 0.8 * b[2], -b[1]);
    this.viewer.controls.update();
    this.viewer.set_dirty();
  }

  setLayer(layer, on) {
    this.viewer.set_property(["surefoot", layer], "visible", on);
    if (layer === "estimate" && on) this.makeGhost();
    this.viewer.set_dirty();
  }

  layerShown(layer) { return this.viewer.scene_tree.find(["surefoot", layer]).object.visible; }

  // The ghost: the robot's meshes once more, translucent.
  makeGhost() {
    const material = new THREE.MeshPhongMaterial(
      {color: 0x3a8fd0, transparent: true, opacity: 0.35, depthWrite: false});
    const robot = this.viewer.scene_tree.find(["surefoot", "robot"]);
    for (const [joint, node] of Object.entries(robot.children)) {
      const ghost = this.viewer.scene_tree.find(["surefoot", "estimate", joint]).object;
      if (ghost.children.length) continue;
      for (const link of node.object.children) {
        const copy = link.clone(true);
        copy.traverse((child) => {
          if (child.isMesh) {
            child.material = Array.isArray(child.material)
              ? child.material.map(() => material) : material;
            child.castShadow = false;
          }
        });
        ghost.add(copy);
      }
    }
  }

  // Draws one frame vector.
  update(vector) {
    this.time = vector[0];
    this.updates += 1;
    for (const {item, node, object, update} of this.items) {
      const v = vector.subarray(item.offset, item.offset + item.length);
      const target = node ? node.object : object;
      target.visible = !Number.isNaN(v[0]);
      if (!target.visible) continue;
      if (update) { update(v); continue; }
      target.position.set(v[0], v[1], v[2]);
      target.quaternion.set(v[3], v[4], v[5], v[6]);
      if (item.layer === "robot" && item.name === "1") this.moveStage(v);
    }
    this.viewer.set_dirty();
  }

  moveStage(p) {
    const h = this.layout.height;
    if (this.base && this.follow) {
      const dx = p[0] - this.base[0], dy = p[1] - this.base[1];
      for (const point of [this.viewer.camera.position, this.viewer.controls.target]) {
        point.x += dx;
        point.z -= dy;
      }
    }
    this.base = [p[0], p[1], p[2]];
    this.sun.position.set(p[0] + 2.5 * h, p[1] - 2 * h, p[2] + 8 * h);
    this.sun.target.position.set(p[0], p[1], 0);
    this.rim.position.set(p[0] - 6 * h, p[1] + 4 * h, p[2] + 3 * h);
    this.rim.target.position.set(p[0], p[1], p[2]);
    this.ground.position.x = 2 * Math.round(p[0] / 2);  // the grid's lines stay where they are
    this.ground.position.y = 2 * Math.round(p[1] / 2);
  }
}

// Loads the robot: meshcat commands, each a little-endian uint32 length, then msgpack.
function loadRobot(viewer, layout, buffer) {
  const view = new DataView(buffer);
  withMergeableGeometries(() => {
    for (let at = 0; at < buffer.byteLength;) {
      const length = view.getUint32(at, true);
      try {
        viewer.handle_command_bytearray(new Uint8Array(buffer, at + 4, length));
      } catch (error) {  // the rest of the robot can still be drawn
        console.error(`a link cannot be drawn: ${error}`);
      }
      at += 4 + length;
    }
  });
  const split = (path) => path.split("/").filter((part) => part);
  for (const [from, to] of layout.copies) {
    const original = viewer.scene_tree.find([...split(from), "<object>"]).object;
    viewer.set_object(split(to), original.clone());
  }
}

// Meshcat merges the parts of a Collada file, and fails where they differ in their attributes. It
// calls applyMatrix4 on each part just before, which is where they are made alike.
function withMergeableGeometries(load) {
  const prototype = THREE.BufferGeometry.prototype, original = prototype.applyMatrix4;
  prototype.applyMatrix4 = function (matrix) {
    for (const name of Object.keys(this.attributes))
      if (!["position", "normal", "uv"].includes(name)) this.deleteAttribute(name);
    if (!this.attributes.normal) this.computeVertexNormals();
    if (!this.attributes.uv) {
      const zeros = new Float32Array(2 * this.attributes.position.count);
      this.setAttribute("uv", new THREE.BufferAttribute(zeros, 2));
    }
    return original.call(this, matrix);
  };
  try { load(); } finally { prototype.applyMatrix4 = original; }
}
