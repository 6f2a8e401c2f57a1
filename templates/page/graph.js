// ---- the graph of all jobs: groups that open and fold ---------------------------------------------------------------
class Graph extends Drawing {
  constructor(container, label) {
    super(container, label);
    this.folds = new Folds(plan.groups, jobs);
    this.addMap();
    addEventListener("resize", () => this.resize());
  }

  get canFold() {
    return plan.groups.length > 0;
  }

  // Draw some jobs alone, or all of them (null), from the beginning.
  restrict(only) {
    this.folds.restrict(only);
    byId("rest").hidden = !only || only.size === jobs.length;
    this.folds.begin();
    this.draw();
    this.begin();
  }

  // The name of a frame stays visible as long as a part of the frame is.
  position() {
    super.position();
    for (const [id, header] of this.headers ?? []) {
      const text = header.querySelector("text");
      const left = this.printed ? 0 : -this.x / this.scale - this.places.get(id).x;
      text.setAttribute("x", Math.max(10, Math.min(left + 10, +text.dataset.last)));
    }
  }

  onPaper() {
    super.onPaper();
    this.position();
  }

  mark() {
    super.mark();
    const left = jobs.length - (this.folds.only?.size ?? 0);
    const matches = this.hits?.get(undefined); // of jobs that have no box
    byId("rest").textContent = `and ${count(left, "job")} without a change of ${left === 1 ? "its" : "their"} own${matches ? ` (${count(matches, "match")})` : ""}`;
  }

  // Open these groups, as folds.told() tells them, from the beginning.
  unfold(told) {
    this.folds.begin(told);
    this.draw();
    this.begin();
  }

  // The room that there is for columns, and where names are still readable, for rows: in whole boxes, so that boxes rarely
  // move when a window's size changes.
  room() {
    const { clientWidth, clientHeight } = document.querySelector("main"); // with the details, which come and go
    const inBoxes = (all, box) => Math.max(1, Math.floor((all - 40) / box)) * box;
    return [inBoxes(clientWidth, WIDTH + COLUMN_GAP), inBoxes(clientHeight / READABLE, HEIGHT + GAP)];
  }

  resize() {
    if (this.printed || `${this.room()}` === `${this.arrangedFor}`) return;
    if (this.settle || !this.boxes.size) return this.draw(), this.settle?.();
    const [width, height] = this.view();
    const middle = [(width / 2 - this.x) / this.scale - WIDTH / 2, (height / 2 - this.y) / this.scale - HEIGHT / 2];
    const far = ({ x, y }) => Math.hypot(x - middle[0], y - middle[1]);
    const id = [...this.boxes.keys()].reduce((best, one) => (far(this.boxes.get(one)) < far(this.boxes.get(best)) ? one : best));
    this.redraw(id, this.boxes.get(id)); // it stays where it was
  }

  draw() {
    this.arrangedFor = this.room();
    const scene = arrange(this.folds, jobs, fate, isLongest, this.arrangedFor);
    this.places = new Map([...scene.frames.map((frame) => [~frame.group, frame]), ...scene.boxes]);
    const frames = scene.frames.map(frameElement(this.folds));
    this.headers = new Map(scene.frames.map(({ group }, number) => [~group, frames[number].querySelector(".header")]));
    const group = groupBox(this.folds);
    this.show({
      ...scene,
      frames,
      boxOf: (job) => scene.ways.get(job)?.at(-1),
      elementOf: (id, x, y) => (id < 0 ? group(id, x, y) : jobBox(id, x, y)),
    });
  }

  // Open or fold a group; it stays where it was on the screen.
  toggle(group) {
    const before = this.places.get(~group);
    if (!this.folds.toggle(group)) {
      say(`There is no room for these ${plan.groups[group].words[0]} beside ${count(this.folds.count(), "box")}: fold other groups first.`);
      return;
    }
    this.redraw(~group, before);
    const drawn = this.elements.get(~group) ?? this.headers.get(~group);
    drawn?.focus({ preventScroll: true });
    say(`${plan.groups[group].name}: ${this.folds.isOpen(~group) ? "open" : "folded"}, ${plan.groups[group].words[0]}`);
  }

  redraw(id, before) {
    const { settle, x, y, scale } = this;
    this.draw();
    const after = this.places.get(id);
    if (settle) {
      this.fit();
      if (this.scale >= READABLE) return;
      Object.assign(this, { x, y, scale });
    }
    this.settle = null;
    if (!before || !after) return this.position();
    this.x += (before.x - after.x) * this.scale;
    this.y += (before.y - after.y) * this.scale;
    const [width, height] = this.view();
    const [left, top, wide, high] = [after.x * this.scale + this.x, after.y * this.scale + this.y, (after.w ?? 0) * this.scale, (after.h ?? 0) * this.scale];
    this.x -= Math.max(0, Math.min(left - 20, left + wide + 20 - width)); // show as much of a frame as there is room for
    this.y -= Math.max(0, Math.min(top - 20, top + high + 20 - height));
    this.position();
  }

  foldAll() {
    this.folds.foldAll();
    this.draw();
    this.begin();
    say("All groups are folded.");
  }

  unfoldAll() {
    const all = this.folds.openAll();
    this.draw();
    this.begin();
    say(all ? "All groups are open." : `Groups are open as far as ${MOST_BOXES.toLocaleString("en")} boxes can be drawn.`);
  }

  // Open what is around a job, so that it has a box of its own.
  reveal(job) {
    if (this.folds.around.has(job) && this.folds.reveal(job)) this.redraw(job, this.boxes.get(this.boxOf(job)));
  }

  // From a box or the header of a frame to the next one in the direction of an arrow.
  move(from, key) {
    const [alongX, sign] = { ArrowRight: [1, 1], ArrowLeft: [1, -1], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    const all = new Map([...this.elements, ...this.headers]);
    const [start] = [...all].find(([, element]) => element === from) ?? [];
    if (start === undefined) return false;
    const at = (id) => [this.places.get(id).x, this.places.get(id).y];
    const [x, y] = at(start);
    let [best, least] = [null, Infinity];
    for (const [id, element] of all) {
      const [dx, dy] = [(at(id)[0] - x) * sign, (at(id)[1] - y) * sign];
      const [along, across] = alongX ? [dx, Math.abs(dy)] : [dy, Math.abs(dx)];
      if (along > 1 && along + 3 * across < least) [best, least] = [element, along + 3 * across];
    }
    best?.focus({ preventScroll: true });
    return true;
  }
}
