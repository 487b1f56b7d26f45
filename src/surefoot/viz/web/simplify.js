"use strict";
// Coarser meshes for a computer that draws in software (Rossignac, Borrel: Multi-resolution 3D
// approximations for rendering complex scenes, 1993): vertices in one cell of a grid become one.

// A copy of a mesh's geometry with one vertex for each grid cell (its side is `cell`, in the
// geometry's own units) and each direction its surface faces; null if nothing would be saved.
function simplified(geometry, cell) {
  const position = geometry.attributes.position, normal = geometry.attributes.normal;
  if (!position || !normal) return null;
  const color = geometry.attributes.color, uv = geometry.attributes.uv;
  const corners = geometry.index ? geometry.index.count : position.count;
  const groups = geometry.groups.length
    ? geometry.groups : [{start: 0, count: corners, materialIndex: 0}];
  const merged = {position: [], normal: [], color: [], uv: []};
  const made = new THREE.BufferGeometry(), index = [];
  const places = new Map();  // grid cell to the one position in it
  const vertices = new Map(), placeOf = [];
  const vertex = (corner, group) => {
    const i = geometry.index ? geometry.index.getX(corner) : corner;
    const p = [position.getX(i), position.getY(i), position.getZ(i)];
    const n = [normal.getX(i), normal.getY(i), normal.getZ(i)];
    const cellKey = p.map((x) => Math.round(x / cell)).join();
    if (!places.has(cellKey)) places.set(cellKey, p);
    const key = `${group} ${cellKey} ${n.map(Math.round)}`;
    let at = vertices.get(key);
    if (at === undefined) {
      at = vertices.size;
      vertices.set(key, at);
      placeOf.push(places.get(cellKey));
      merged.position.push(...places.get(cellKey));
      merged.normal.push(0, 0, 0);
      if (color) merged.color.push(color.getX(i), color.getY(i), color.getZ(i));
      if (uv) merged.uv.push(uv.getX(i), uv.getY(i));
    }
    for (let axis = 0; axis < 3; axis++) merged.normal[3 * at + axis] += n[axis];
    return at;
  };
  groups.forEach((group, number) => {
    const start = index.length, end = Math.min(group.start + group.count, corners);
    for (let corner = group.start; corner + 2 < end; corner += 3) {
      const triangle = [0, 1, 2].map((k) => vertex(corner + k, number));
      if (new Set(triangle.map((at) => placeOf[at])).size === 3) index.push(...triangle);
    }
    made.addGroup(start, index.length - start, group.materialIndex);
  });
  if (index.length > 0.8 * corners) return null;
  if (!geometry.groups.length) made.clearGroups();
  made.setIndex(index);
  for (const [name, values] of Object.entries(merged))
    if (values.length)
      made.setAttribute(name, new THREE.Float32BufferAttribute(values, name === "uv" ? 2 : 3));
  made.normalizeNormals();
  return made;
}

// Replaces the meshes under `root` by ones with detail down to `size` metres.
function simplifyMeshes(root, size) {
  const known = new Map(), scale = new THREE.Vector3();
  root.updateMatrixWorld(true);
  root.traverse((child) => {
    if (!child.isMesh) return;
    if (!known.has(child.geometry)) {
      child.matrixWorld.decompose(new THREE.Vector3(), new THREE.Quaternion(), scale);
      const cell = size / Math.max(Math.abs(scale.x), Math.abs(scale.y), Math.abs(scale.z));
      known.set(child.geometry, simplified(child.geometry, cell) || child.geometry);
    }
    child.geometry = known.get(child.geometry);
  });
}
