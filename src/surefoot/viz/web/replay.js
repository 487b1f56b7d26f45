"use strict";
// The recorded page: replays frame vectors that are inside it, with a time slider.

async function inflate(id) {
  const text = document.getElementById(`data-${id}`).textContent;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function startReplay(viewer) {
  const recording = JSON.parse(new TextDecoder().decode(await inflate("recording")));
  loadRobot(viewer, recording.layout, await inflate("robot"));
  const scene = window.surefoot = new Scene(viewer, recording.layout);
  makePanel(scene);
  keepFluent(scene);
  setStatus("recording", true);
  window.replay = new Replay(scene, recording, new Float32Array(await inflate("frames")));
}

class Replay {
  constructor(scene, recording, data) {
    const length = recording.layout.length;
    this.scene = scene;
    this.values = recording.values;
    this.frames = [];
    for (let at = 0; at < data.length; at += length)
      this.frames.push(data.subarray(at, at + length));
    this.begin = this.frames[0][0];
    this.end = this.frames[this.frames.length - 1][0];
    this.playing = true;
    this.speed = 1;
    this.time = this.begin;
    this.shown = -1;
    this.makeTimeline();
    this.last = performance.now();
    const tick = () => { this.tick(); requestAnimationFrame(tick); };
    tick();
  }

  makeTimeline() {
    this.button = element("button", {id: "play", textContent: "❚❚",
                                     onclick: () => this.play(!this.playing)});
    this.slider = element("input", {type: "range", id: "time", min: this.begin, max: this.end,
                                    step: 0.01, value: this.begin});
    this.slider.oninput = () => { this.play(false); this.seek(Number(this.slider.value)); };
    const speed = element("select", {id: "speed"}, ...[0.1, 0.25, 0.5, 1, 2].map((s) =>
      element("option", {value: s, selected: s === 1, textContent: `${s}×`})));
    speed.onchange = () => { this.speed = Number(speed.value); };
    this.label = element("span", {});
    document.body.append(
      element("div", {id: "timeline"}, this.button, this.slider, this.label, speed));
    window.addEventListener("keydown", (event) => {
      if (event.code === "Space") { event.preventDefault(); this.play(!this.playing); }
    });
  }

  play(on) {
    this.playing = on;
    this.button.textContent = on ? "❚❚" : "▶";
  }

  tick() {
    const now = performance.now(), passed = Math.min((now - this.last) / 1000, 0.2);
    this.last = now;
    if (!this.playing) return;
    const time = this.time + this.speed * passed;
    this.seek(time > this.end ? this.begin : time);
  }

  seek(time) {
    this.time = time;
    let low = 0, high = this.frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.frames[middle][0] <= time) low = middle; else high = middle - 1;
    }
    this.slider.value = time;
    this.label.textContent = `${(time - this.begin).toFixed(2)} s`;
    if (low === this.shown) return;
    this.shown = low;
    this.scene.update(this.frames[low]);
    if (!this.playing || low % 5 === 0) showValues(this.values[low]);
  }
}
