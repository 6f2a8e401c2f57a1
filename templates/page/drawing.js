// ---- what is selected, searched and shown -----------------------------------------------------------------------
const state = { view: "graph", job: null, wanted: "", hits: null, wantsOnly: "" };
let onlyChanged = false;

// What happened to a job, or to some jobs of a group in the order of the signs; "" if nothing did.
const fateOf = (id) => (id < 0 ? Object.keys(SIGNS).find((kind) => plan.groups[~id].changes[kind]) ?? "" : jobs[id].own);
const extent = (boxes, at) => boxes.reduce(([least, most], box) => [Math.min(least, at(box)), Math.max(most, at(box))], [Infinity, -Infinity]);
// The largest number of boxes that are no further from each other than this, as `at` tells where each is.
const densest = (boxes, room, at) => {
  const sorted = [...boxes].sort((a, b) => at(a) - at(b));
  let [from, best] = [0, [0, 0]];
  sorted.forEach((box, to) => {
    while (at(box) - at(sorted[from]) > room) from += 1;
    if (to - from > best[1] - best[0]) best = [from, to];
  });
  return sorted.slice(best[0], best[1] + 1);
};
const comesBefore = (one, other) => one.x < other.x || (one.x === other.x && one.y < other.y);

// ---- drawings: boxes and lines that can be moved and zoomed -----------------------------------------------------
class Drawing {
  constructor(container, label) {
    this.world = svg("g");
    this.frame = svg("svg", { class: "drawing", role: "group", tabindex: -1, "aria-label": label }, this.world);
    this.container = container;
    container.append(this.frame);
    Object.assign(this, { x: 0, y: 0, scale: 1, boxes: new Map(), lines: [], size: [1, 1], map: null, settle: null });
    this.listen();
    // A drawing that nobody has moved yet fits into its container again when that changes, as when the details open.
    new ResizeObserver(() => container.clientWidth && (this.settle ? this.settle() : this.position())).observe(container);
  }

  // Draw a scene: `boxes` has the place of each box by the number of its job, or ~ of its group; `boxOf` says in which box
  // a job is; `elementOf` draws a box; `frames` are drawn behind everything.
  show({ size, boxes, lines, boxOf = (job) => (boxes.has(job) ? job : undefined), elementOf = jobBox, frames = [] }) {
    Object.assign(this, { size, boxes, lines, boxOf });
    this.firstBox = [...boxes.keys()].reduce((best, id) => (best === null || comesBefore(boxes.get(id), boxes.get(best)) ? id : best), null);
    this.elements = new Map([...boxes].map(([id, { x, y }]) => [id, elementOf(id, x, y)]));
    this.hidden = new Set();
    this.base = svg("g");
    this.over = svg("g");
    this.world.replaceChildren(...frames, this.base, this.over, svg("g", {}, [...this.elements.values()]));
    const loud = lines.filter(({ quiet }) => !quiet);
    this.base.append(...this.paths("", loud, ({ longest, back }) => !longest && !back), ...this.paths("longest", loud, ({ longest, back }) => longest && !back),
      ...loud.filter(({ back }) => back).map(backwardLine));
    this.mark();
    if (this.map) this.drawMap();
  }

  // One path for all lines of a kind between two columns: thousands of elements would make every frame slow, and so
  // would one element that is never out of sight.
  paths(kind, lines, wanted) {
    return ["", "gained", "lost"].flatMap((fate) => {
      const columns = new Map();
      for (const line of lines) {
        if (line.fate !== fate || !wanted(line)) continue;
        for (const [x, part] of line.parts) columns.set(x, (columns.get(x) ?? new Set()).add(part));
      }
      return [...columns.values()].map((parts) => svg("path", { class: `lines ${kind} ${fate}`, d: [...parts].join("") }));
    });
  }

  mark() {
    const job = state.job === null ? null : jobs[state.job];
    const boxesOf = (numbers) => new Set(numbers.map(this.boxOf));
    const [above, below] = job ? [boxesOf([...job.parents, ...job.lost]), boxesOf(job.children)] : [new Set(), new Set()];
    const hits = state.hits && new Map();
    for (const number of state.hits ?? []) hits.set(this.boxOf(number), (hits.get(this.boxOf(number)) ?? 0) + 1);
    this.hits = hits; // how many matches are in each box; undefined for those without a box
    const is = job ? this.boxOf(state.job) : undefined;
    for (const [id, element] of this.elements ?? []) {
      element.classList.toggle("is", id === is);
      element.classList.toggle("parent", above.has(id) && id !== is);
      element.classList.toggle("child", below.has(id) && id !== is);
      const near = above.has(id) || below.has(id); // neighbours stay readable during a search
      element.classList.toggle("dim", hits !== null && !hits.has(id) && id !== is && !near);
      element.classList.toggle("hit", hits?.has(id) ?? false);
      if (id < 0) element.querySelector(".found").textContent = hits?.has(id) ? count(hits.get(id), "match") : "";
      element.setAttribute("tabindex", id === is ? 0 : -1);
      if (id >= 0) element.setAttribute("aria-pressed", id === is);
    }
    if (is === undefined) this.elements?.get(this.firstBox)?.setAttribute("tabindex", 0);
    this.frame.classList.toggle("chosen", is !== undefined);
    const of = (end) => (this.lines ?? []).filter(({ pairs }) => pairs.some((pair) => pair[end] === state.job));
    this.over?.replaceChildren(...(job ? [...this.paths("of above", of(1), () => true), ...this.paths("of below", of(0), () => true)] : []));
  }

  view() {
    return [this.container.clientWidth || 1, this.container.clientHeight || 1];
  }

  position() {
    if (this.printed) return; // the size of the sheet is not that of the window
    this.world.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
    this.frame.classList.toggle("far", this.scale < FAR);
    this.hideText();
    if (!this.map) return;
    const [width, height] = this.view();
    const inside = this.size[0] * this.scale <= width && this.size[1] * this.scale <= height;
    this.map.toggleAttribute("hidden", inside);
    const attributes = { x: -this.x / this.scale, y: -this.y / this.scale, width: width / this.scale, height: height / this.scale };
    fill(this.window, attributes, []);
  }

  // A browser draws all text anew for each scale, and text out of sight takes as long as visible text.
  hideText() {
    const [width, height] = this.view();
    for (const [number, { x, y }] of this.boxes) {
      const [left, top] = [x * this.scale + this.x, y * this.scale + this.y];
      const off = left > width || top > height || left + WIDTH * this.scale < 0 || top + HEIGHT * this.scale < 0;
      if (off === this.hidden.has(number)) continue;
      this.hidden[off ? "add" : "delete"](number);
      this.elements.get(number).classList.toggle("off", off);
    }
  }

  // On paper, show everything as large as the sheet allows.
  onPaper() {
    this.printed = true;
    this.world.removeAttribute("transform");
    this.frame.classList.remove("far");
    for (const number of this.hidden) this.elements.get(number).classList.remove("off");
    this.hidden.clear();
    this.frame.setAttribute("viewBox", `-8 -8 ${this.size[0] + 16} ${this.size[1] + 16}`);
  }

  onScreen() {
    this.printed = false;
    this.frame.removeAttribute("viewBox");
    this.position();
  }

  // Show everything.
  fit() {
    this.settle = () => this.fit();
    const [width, height] = this.view();
    this.scale = Math.max(0.02, Math.min(1.25, (width - 40) / this.size[0], (height - 40) / this.size[1]));
    this.x = (width - this.size[0] * this.scale) / 2;
    this.y = narrow.matches ? 20 : (height - this.size[1] * this.scale) / 2; // a narrow window has the graph at its top
    this.position();
  }

  // Names would be hard to read if everything was shown.
  get isCut() {
    const [width, height] = this.view();
    return Math.min((width - 40) / this.size[0], (height - 40) / this.size[1]) < READABLE;
  }

  // Show everything if names stay readable; else show what changed, or else the beginning, and the map.
  begin() {
    this.fit();
    this.settle = () => this.begin();
    if (!this.isCut) return;
    const changed = [...this.boxes].filter(([id]) => fateOf(id));
    if (changed.length && changed.length < this.boxes.size) return this.showMost(changed.map(([, at]) => at));
    const [width, height] = this.view();
    const first = [...this.boxes.values()].filter(({ x }) => x < WIDTH).map(({ y }) => y);
    const fits = narrow.matches ? Math.max((width - 40) / this.size[0], (height - 40) / this.size[1]) : (height - 40) / this.size[1];
    this.scale = Math.max(READABLE, Math.min(1, fits));
    const centred = (from, to, room) => (room - (from + to) * this.scale) / 2;
    const [tall, wideToo] = [this.size[1] * this.scale > height - 20, this.size[0] * this.scale > width - 20];
    this.x = wideToo ? 20 : centred(0, this.size[0], width);
    if (!tall) this.y = narrow.matches ? 20 : centred(0, this.size[1], height);
    else {
      const top = Math.min(...first);
      const upper = Math.min(...[...this.boxes.values()].filter(({ x }) => x * this.scale + 20 < width).map(({ y }) => y));
      const edge = Math.max(0, upper - 40); // above it, a frame may have its name
      const seen = (top + HEIGHT - edge) * this.scale + 40 < height; // from the upper edge, or else in the middle
      this.y = seen ? 20 - edge * this.scale : centred(top, Math.min(Math.max(...first), top + height / this.scale - 2 * HEIGHT) + HEIGHT, height);
    }
    this.position();
  }

  // Show as many of these boxes as there is room for where names stay readable.
  showMost(boxes) {
    const [width, height] = this.view().map((all) => all - 40);
    const inRow = densest(boxes, (width / READABLE) - WIDTH, ({ x }) => x);
    const shown = densest(inRow, (height / READABLE) - HEIGHT, ({ y }) => y);
    const [left, right] = extent(shown, ({ x }) => x);
    const [top, bottom] = extent(shown, ({ y }) => y);
    this.scale = Math.min(1, Math.max(READABLE, Math.min(width / (right - left + WIDTH), height / (bottom - top + HEIGHT))));
    const from = (first, last, room, all) => // with no empty room beside the drawing
      Math.max(Math.min(room / 2 - ((first + last) / 2) * this.scale, 0), room - all * this.scale);
    const isWhole = (room, all) => all * this.scale <= room;
    this.x = 20 + (isWhole(width, this.size[0]) ? (width - this.size[0] * this.scale) / 2 : from(left, right + WIDTH, width, this.size[0]));
    this.y = 20 + (!isWhole(height, this.size[1]) ? from(top, bottom + HEIGHT, height, this.size[1])
      : narrow.matches ? 0 : (height - this.size[1] * this.scale) / 2);
    this.position();
  }

  zoom(factor, pointX = this.view()[0] / 2, pointY = this.view()[1] / 2) {
    this.settle = null;
    const scale = Math.min(3, Math.max(0.02, this.scale * factor));
    this.x = pointX - ((pointX - this.x) * scale) / this.scale;
    this.y = pointY - ((pointY - this.y) * scale) / this.scale;
    this.scale = scale;
    this.position();
  }

  // Move a job into view. If it is visible already, nothing moves, so that clicks do not jump.
  bring(number) {
    this.bringBox(this.boxOf(number));
  }

  // The same with the first match of a search, if none is visible.
  bringMatch() {
    const found = [...this.hits?.keys() ?? []].filter((id) => id !== undefined);
    if (!found.length || found.some((id) => this.isSeen(this.boxes.get(id)))) return;
    this.bringBox(found.reduce((best, id) => (comesBefore(this.boxes.get(id), this.boxes.get(best)) ? id : best)));
  }

  isSeen(at) {
    const [width, height] = this.view();
    const [x, y] = [at.x * this.scale + this.x, at.y * this.scale + this.y];
    return x > 10 && y > 10 && x + WIDTH * this.scale < width - 10 && y + HEIGHT * this.scale < height - 10;
  }

  bringBox(id) {
    const at = (this.places ?? this.boxes).get(id);
    if (!at) return;
    const [width, height] = this.view();
    if (this.scale < FAR) this.zoom(READABLE / this.scale);
    if (this.isSeen(at)) return;
    this.settle = null;
    this.x = width / 2 - (at.x + WIDTH / 2) * this.scale;
    this.y = height / 2 - (at.y + HEIGHT / 2) * this.scale;
    this.position();
  }

  listen() {
    let start = null;
    let moved = false;
    this.frame.addEventListener("pointerdown", (event) => {
      if (event.button === 0) start = { x: event.clientX - this.x, y: event.clientY - this.y, from: [event.clientX, event.clientY] };
      moved = false;
    });
    this.frame.addEventListener("pointermove", (event) => {
      if (!start) return;
      const distance = Math.hypot(event.clientX - start.from[0], event.clientY - start.from[1]);
      if (!moved && distance < 4) return; // a click with a small movement
      if (!moved) this.frame.setPointerCapture(event.pointerId);
      moved = true;
      this.settle = null;
      [this.x, this.y] = [event.clientX - start.x, event.clientY - start.y];
      this.position();
    });
    for (const end of ["pointerup", "pointercancel"]) this.frame.addEventListener(end, () => (start = null));
    this.frame.addEventListener("click", (event) => moved && event.stopPropagation(), true);
    const wheel = (event) => {
      event.preventDefault();
      const at = this.frame.getBoundingClientRect();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : 1) * (event.ctrlKey ? 6 : 1); // ctrl: a pinch gesture
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        this.settle = null;
        this.x -= event.deltaX || pixels;
        this.position();
      } else {
        this.zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 400), event.clientX - at.left, event.clientY - at.top);
      }
    };
    this.frame.addEventListener("focusin", ({ target }) => {
      if (target.matches(":is(.job, .header):focus-visible")) this.bringBox(+(target.dataset.job ?? ~target.dataset.group));
    });
    this.frame.addEventListener("wheel", wheel, { passive: false });
  }

  addMap() {
    this.map = svg("svg", { class: "map", "aria-hidden": "true" });
    this.container.append(this.map);
    const move = (event) => {
      if (event.type === "pointermove" && !event.buttons) return;
      this.settle = null;
      const at = this.map.getBoundingClientRect();
      const [width, height] = this.view();
      this.x = width / 2 - ((event.clientX - at.left) / at.width) * this.size[0] * this.scale;
      this.y = height / 2 - ((event.clientY - at.top) / at.height) * this.size[1] * this.scale;
      this.position();
    };
    this.map.addEventListener("pointerdown", (event) => (this.map.setPointerCapture(event.pointerId), move(event)));
    this.map.addEventListener("pointermove", move);
  }

  drawMap() {
    const [width, height] = this.size;
    const scale = Math.min(260 / width, 170 / height);
    const rectangles = (wanted) =>
      [...this.boxes].filter(([id]) => wanted(fateOf(id))).map(([, { x, y }]) => `M${x} ${y}h${WIDTH}v${HEIGHT}h${-WIDTH}z`).join("");
    this.window = svg("rect", { class: "window" });
    fill(this.map, { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" }, []);
    this.map.style.width = `${Math.max(24, width * scale)}px`;
    this.map.style.height = `${Math.max(24, height * scale)}px`;
    this.map.replaceChildren(
      svg("path", { class: "all", d: rectangles((own) => !own) }),
      ...Object.keys(SIGNS).map((kind) => svg("path", { class: `marked ${kind}`, d: rectangles((own) => own === kind) })),
      this.window,
    );
  }
}
