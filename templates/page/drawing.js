// ---- what is selected, searched and shown -----------------------------------------------------------------------
const wide = plan.graphs.whole ?? plan.graphs.changed;
const state = { view: wide ? "graph" : "table", job: null, wanted: "", hits: null };
let onlyChanged = false;

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

  show(graph) {
    Object.assign(this, graph, { boxes: new Map(graph.boxes.map(([job, x, y]) => [job, { x, y }])) });
    const drawn = graph.boxes.map(([job, x, y]) => box(jobs[job], x, y));
    this.elements = new Map(graph.boxes.map(([job], index) => [job, drawn[index]]));
    this.hidden = new Set();
    this.base = svg("g");
    this.over = svg("g");
    this.world.replaceChildren(this.base, this.over, svg("g", {}, drawn));
    this.base.append(...["", "gained", "lost"].flatMap((kind) => this.paths(kind, (line) => line.fate === kind)));
    this.mark();
    if (this.map) this.drawMap();
  }

  // One path for all lines of a kind between two columns: thousands of elements would make every frame slow, and so
  // would one element that is never out of sight.
  paths(kind, wanted) {
    const columns = new Map();
    for (const line of this.lines.filter(wanted)) {
      for (const [x, part] of this.route(line)) {
        if (!columns.has(x)) columns.set(x, new Set());
        columns.get(x).add(part);
      }
    }
    return [...columns.values()].map((parts) => svg("path", { class: `lines ${kind}`, d: [...parts].join("") }));
  }

  route({ parent, child, passes }) {
    const from = this.boxes.get(parent);
    const to = this.boxes.get(child);
    const parts = [];
    let [x, y] = [from.x + WIDTH, from.y + HEIGHT / 2];
    const curve = (toX, toY) => {
      const bend = Math.max(24, Math.abs(toX - x) / 2); // more than the gap if a line runs backwards
      parts.push([x, `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`]);
    };
    for (const [left, height] of passes) {
      curve(left, height);
      parts.push([left, `M${left} ${height}h${WIDTH}`]);
      [x, y] = [left + WIDTH, height];
    }
    curve(to.x, to.y + HEIGHT / 2);
    return parts;
  }

  mark() {
    const job = state.job === null ? null : jobs[state.job];
    const [above, below] = job ? [new Set([...job.parents, ...job.lost]), new Set(job.children)] : [new Set(), new Set()];
    const near = new Set([...above, ...below]); // neighbours stay readable during a search
    for (const [number, element] of this.elements ?? []) {
      element.classList.toggle("is", number === state.job);
      element.classList.toggle("parent", above.has(number));
      element.classList.toggle("child", below.has(number));
      element.classList.toggle("dim", state.hits !== null && !state.hits.has(number) && number !== state.job && !near.has(number));
      element.classList.toggle("hit", state.hits?.has(number) ?? false);
      element.setAttribute("tabindex", number === state.job ? 0 : -1);
      element.setAttribute("aria-pressed", number === state.job);
    }
    if (state.job === null || !this.boxes.has(state.job)) this.elements?.values().next().value?.setAttribute("tabindex", 0);
    this.frame.classList.toggle("chosen", job !== null && this.boxes.has(job.number));
    this.over?.replaceChildren(
      ...["", "gained", "lost"].flatMap((kind) => [
        ...this.paths(`of above ${kind}`, (line) => line.child === state.job && line.fate === kind),
        ...this.paths(`of below ${kind}`, (line) => line.parent === state.job && line.fate === kind),
      ]),
    );
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
    this.y = (height - this.size[1] * this.scale) / 2;
    this.position();
  }

  // Show everything if names stay readable; else show the beginning, and the map.
  begin() {
    this.fit();
    this.settle = () => this.begin();
    if (this.scale >= READABLE) return;
    const [width, height] = this.view();
    const first = [...this.boxes.values()].filter(({ x }) => x === 0).map(({ y }) => y);
    const [top, bottom] = [Math.min(...first), Math.max(...first) + HEIGHT];
    this.scale = Math.max(READABLE, Math.min(1, (height - 40) / this.size[1]));
    const centred = (from, to, room) => (room - (from + to) * this.scale) / 2;
    const [tall, wideToo] = [this.size[1] * this.scale > height - 20, this.size[0] * this.scale > width - 20];
    this.x = wideToo ? 20 : centred(0, this.size[0], width);
    if (!tall) this.y = centred(0, this.size[1], height);
    else this.y = (bottom - top) * this.scale > height - 40 ? 20 - top * this.scale : Math.min(20, centred(top, bottom, height));
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
    const at = this.boxes.get(number);
    if (!at) return;
    const [width, height] = this.view();
    if (this.scale < FAR) this.zoom(READABLE / this.scale);
    const [x, y] = [at.x * this.scale + this.x, at.y * this.scale + this.y];
    const inside = x > 10 && y > 10 && x + WIDTH * this.scale < width - 10 && y + HEIGHT * this.scale < height - 10;
    if (inside) return;
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
      if (target.matches(".job:focus-visible")) this.bring(+target.dataset.job);
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
      [...this.boxes].filter(([job]) => wanted(jobs[job])).map(([, { x, y }]) => `M${x} ${y}h${WIDTH}v${HEIGHT}h${-WIDTH}z`).join("");
    this.window = svg("rect", { class: "window" });
    fill(this.map, { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" }, []);
    this.map.style.width = `${Math.max(24, width * scale)}px`;
    this.map.style.height = `${Math.max(24, height * scale)}px`;
    this.map.replaceChildren(
      svg("path", { class: "all", d: rectangles((job) => !job.kind) }),
      ...Object.keys(SIGNS).map((kind) => svg("path", { class: `marked ${kind}`, d: rectangles((job) => job.kind === kind) })),
      this.window,
    );
  }
}

const amounts = ({ vcpus, memory }) => [vcpus && `${vcpus} vCPU`, memory].filter(Boolean).join(" · ");
const box = (job, x, y) => {
  const indent = job.kind ? 26 : 9;
  const small = [job.nodes.length === 1 ? "" : count(job.nodes.length, "node"), amounts(job.settings)].filter(Boolean).join(" · ");
  const said = [job.kind, job.name, `level ${job.level}`, small].filter(Boolean).join(", ");
  const attributes = { class: `job ${job.kind} ${coloursOf([job])}`, transform: `translate(${x} ${y})`, "data-job": job.number, role: "button", "aria-label": said };
  return svg("g", attributes,
    svg("title", {}, job.change?.before ? `${job.change.before} -> ${job.name}` : job.name),
    svg("rect", { width: WIDTH, height: HEIGHT }),
    job.kind ? svg("text", { class: "sign", x: 14, y: HEIGHT / 2 }, SIGNS[job.kind]) : "",
    svg("text", { x: indent, y: 17 }, shortened(job.name, job.kind ? 24 : 26)),
    svg("text", { class: "small", x: indent, y: 32 }, shortened(small, 34)));
};

const withFate = (lines) => lines.map((line) => ({ ...line, fate: fate(line.parent, line.child) }));
const whole = ({ size, columns, boxes, lines }) => {
  const columnOf = new Map(boxes.map(([job, column]) => [job, column]));
  return {
    size,
    boxes: boxes.map(([job, column, top]) => [job, columns[column], top]),
    lines: withFate(lines.map(([parent, child, ...heights]) => (
      { parent, child, passes: heights.map((height, index) => [columns[columnOf.get(parent) + 1 + index], height]) }))),
  };
};
const neighbourhood = (job) => {
  const sides = [[...job.parents, ...job.lost].slice(0, SIDE), [job.number], job.children.slice(0, SIDE)];
  const rows = Math.max(...sides.map((side) => side.length));
  const step = HEIGHT + 10;
  const boxes = sides.flatMap((side, column) =>
    side.map((number, row) => [number, column * (WIDTH + 110), (row + (rows - side.length) / 2) * step]));
  const pairs = [...sides[0].map((parent) => [parent, job.number]), ...sides[2].map((child) => [job.number, child])];
  const once = new Map(boxes.map((one) => [one[0], one])); // after a reversed dependency, one job is on both sides
  return {
    size: [3 * WIDTH + 220, rows * step - 10],
    boxes: [...once.values()],
    lines: withFate(pairs.map(([parent, child]) => ({ parent, child, passes: [] }))),
  };
};
