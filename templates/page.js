"use strict";
// Shows a plan, or two in one. All data come from the element #plan and reach the page as text or attributes, never as HTML.
(() => {
  const plan = JSON.parse(document.getElementById("plan").textContent);
  const [WIDTH, HEIGHT] = plan.box;
  const SIGNS = { added: "+", removed: "-", changed: "~", renamed: ">" };
  const READABLE = 0.8; // below this scale nobody reads a name with ease
  const FAR = 0.42; // below this one names are not drawn at all
  const SLICE = 200; // rows of a table that are built at once
  const SIDE = 100; // neighbours that are drawn on each side
  const byId = (id) => document.getElementById(id);

  // ---- the jobs ---------------------------------------------------------------------------------------------------
  const jobs = plan.jobs;
  const numberOf = new Map();
  jobs.forEach((job, number) => {
    for (const list of ["nodes", "command", "parents", "lost", "reads", "writes"]) job[list] ??= [];
    job.number = number;
    job.children = [];
    job.kind = job.change?.kind ?? "";
    job.settings = plan.settings[job.settings];
    numberOf.set(job.name, number);
  });
  const gained = new Map(jobs.map((job) => [job.number, new Set(job.change?.names?.parents?.gained)]));
  for (const job of jobs) for (const parent of [...job.parents, ...job.lost]) jobs[parent].children.push(job.number);
  const fate = (parent, child) => {
    if (jobs[child].lost.includes(parent)) return "lost";
    return gained.get(child).has(jobs[parent].name) ? "gained" : "";
  };

  // ---- building elements ------------------------------------------------------------------------------------------
  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
    element.append(...children.flat().filter((child) => child !== undefined && child !== ""));
    return element;
  };
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const link = (text, attributes) => el("button", { type: "button", class: "link", ...attributes }, text);
  const jobLink = (number) => link(marked(jobs[number]), { "data-job": number });
  const dataLink = (name) => link(name, { "data-find": `data:${name}` });
  const marked = (job) => (job.kind ? `${SIGNS[job.kind]} ${job.name}` : job.name);
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const shortened = (text, room) => {
    const letters = [...text];
    if (letters.length <= room) return text;
    const end = Math.floor(room * 0.4); // names of one pipeline often differ in their ends
    return `${letters.slice(0, room - end - 1).join("")}…${letters.slice(-end).join("")}`;
  };

  // ---- what is chosen, searched and shown -------------------------------------------------------------------------
  const wide = plan.graphs.whole ?? plan.graphs.changed;
  const state = { view: wide ? "graph" : "table", job: null, query: "", hits: null, sort: null, down: true };
  let onlyChanged = false;

  // ---- drawings: boxes and lines that can be moved and zoomed -----------------------------------------------------
  class Drawing {
    constructor(place, label) {
      this.world = svg("g");
      this.frame = svg("svg", { class: "drawing", role: "group", "aria-label": label }, this.world);
      this.place = place;
      place.append(this.frame);
      Object.assign(this, { x: 0, y: 0, scale: 1, boxes: new Map(), lines: [], size: [1, 1], map: null });
      this.listen();
      new ResizeObserver(() => this.place_()).observe(place);
    }

    show(graph) {
      Object.assign(this, graph, { boxes: new Map(graph.boxes.map(([job, x, y]) => [job, { x, y }])) });
      const drawn = graph.boxes.map(([job, x, y]) => box(jobs[job], x, y));
      this.elements = new Map(graph.boxes.map(([job], index) => [job, drawn[index]]));
      this.base = svg("g");
      this.over = svg("g");
      this.world.replaceChildren(this.base, this.over, svg("g", {}, drawn));
      this.base.append(...["", "gained", "lost"].map((kind) => this.path(kind, (line) => line.fate === kind)));
      this.mark();
      if (this.map) this.drawMap();
    }

    // One path for all lines of a kind: thousands of elements would make every frame slow.
    path(kind, wanted) {
      const parts = new Set(this.lines.filter(wanted).flatMap((line) => this.route(line)));
      return svg("path", { class: `lines ${kind}`, d: [...parts].join("") });
    }

    route({ parent, child, passes }) {
      const from = this.boxes.get(parent);
      const to = this.boxes.get(child);
      const parts = [];
      let [x, y] = [from.x + WIDTH, from.y + HEIGHT / 2];
      const curve = (toX, toY) => {
        const bend = Math.max(24, Math.abs(toX - x) / 2); // more than the gap where a line runs backwards
        parts.push(`M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`);
      };
      for (const [left, height] of passes) {
        curve(left, height);
        parts.push(`M${left} ${height}h${WIDTH}`);
        [x, y] = [left + WIDTH, height];
      }
      curve(to.x, to.y + HEIGHT / 2);
      return parts;
    }

    mark() {
      const job = state.job === null ? null : jobs[state.job];
      const [above, below] = job ? [new Set([...job.parents, ...job.lost]), new Set(job.children)] : [new Set(), new Set()];
      for (const [number, element] of this.elements ?? []) {
        element.classList.toggle("is", number === state.job);
        element.classList.toggle("parent", above.has(number));
        element.classList.toggle("child", below.has(number));
        element.classList.toggle("dim", state.hits !== null && !state.hits.has(number));
        element.classList.toggle("hit", state.hits?.has(number) ?? false);
        element.setAttribute("tabindex", number === state.job ? 0 : -1);
      }
      if (state.job === null || !this.boxes.has(state.job)) this.elements?.values().next().value?.setAttribute("tabindex", 0);
      this.frame.classList.toggle("chosen", job !== null && this.boxes.has(job.number));
      this.over?.replaceChildren(
        ...["", "gained", "lost"].flatMap((kind) => [
          this.path(`of above ${kind}`, (line) => line.child === state.job && line.fate === kind),
          this.path(`of below ${kind}`, (line) => line.parent === state.job && line.fate === kind),
        ]),
      );
    }

    view() {
      return [this.place.clientWidth || 1, this.place.clientHeight || 1];
    }

    place_() {
      this.world.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
      this.frame.classList.toggle("far", this.scale < FAR);
      if (!this.map) return;
      const [width, height] = this.view();
      const inside = this.size[0] * this.scale <= width && this.size[1] * this.scale <= height;
      this.map.toggleAttribute("hidden", inside);
      const attributes = { x: -this.x / this.scale, y: -this.y / this.scale, width: width / this.scale, height: height / this.scale };
      fill(this.window, attributes, []);
    }

    fit() {
      const [width, height] = this.view();
      this.scale = Math.min(1.25, (width - 40) / this.size[0], (height - 40) / this.size[1]);
      this.x = (width - this.size[0] * this.scale) / 2;
      this.y = (height - this.size[1] * this.scale) / 2;
      this.place_();
    }

    // Everything if its names can be read; else the beginning, with the map for the rest.
    begin() {
      this.fit();
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
      this.place_();
    }

    zoom(factor, pointX = this.view()[0] / 2, pointY = this.view()[1] / 2) {
      const scale = Math.min(3, Math.max(0.02, this.scale * factor));
      this.x = pointX - ((pointX - this.x) * scale) / this.scale;
      this.y = pointY - ((pointY - this.y) * scale) / this.scale;
      this.scale = scale;
      this.place_();
    }

    // Brings a job into view; one that is already well inside stays where it is, so that clicks do not jump.
    bring(number) {
      const at = this.boxes.get(number);
      if (!at) return;
      const [width, height] = this.view();
      if (this.scale < FAR) this.zoom(READABLE / this.scale);
      const [x, y] = [at.x * this.scale + this.x, at.y * this.scale + this.y];
      const inside = x > 10 && y > 10 && x + WIDTH * this.scale < width - 10 && y + HEIGHT * this.scale < height - 10;
      if (inside) return;
      this.x = width / 2 - (at.x + WIDTH / 2) * this.scale;
      this.y = height / 2 - (at.y + HEIGHT / 2) * this.scale;
      this.place_();
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
        if (!moved && distance < 4) return; // a click with an unsteady hand
        if (!moved) this.frame.setPointerCapture(event.pointerId);
        moved = true;
        [this.x, this.y] = [event.clientX - start.x, event.clientY - start.y];
        this.place_();
      });
      for (const end of ["pointerup", "pointercancel"]) this.frame.addEventListener(end, () => (start = null));
      this.frame.addEventListener("click", (event) => moved && event.stopPropagation(), true);
      const wheel = (event) => {
        event.preventDefault();
        const at = this.frame.getBoundingClientRect();
        const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
          this.x -= event.deltaX || pixels;
          this.place_();
        } else {
          this.zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 400), event.clientX - at.left, event.clientY - at.top);
        }
      };
      this.frame.addEventListener("wheel", wheel, { passive: false });
    }

    addMap() {
      this.map = svg("svg", { class: "map", "aria-hidden": "true" });
      this.place.append(this.map);
      const move = (event) => {
        if (event.type === "pointermove" && !event.buttons) return;
        const at = this.map.getBoundingClientRect();
        const [width, height] = this.view();
        this.x = width / 2 - ((event.clientX - at.left) / at.width) * this.size[0] * this.scale;
        this.y = height / 2 - ((event.clientY - at.top) / at.height) * this.size[1] * this.scale;
        this.place_();
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
        svg("path", { class: "marked", d: rectangles((job) => job.kind) }),
        this.window,
      );
    }
  }

  const amounts = ({ vcpus, memory }) => [vcpus && `${vcpus} vCPU`, memory].filter(Boolean).join(" · ");
  const box = (job, x, y) => {
    const indent = job.kind ? 26 : 9;
    const small = [job.nodes.length === 1 ? "" : count(job.nodes.length, "node"), amounts(job.settings)].filter(Boolean).join(" · ");
    const said = [job.kind, job.name, `level ${job.level}`, small].filter(Boolean).join(", ");
    const attributes = { class: `job ${job.kind}`, transform: `translate(${x} ${y})`, "data-job": job.number, role: "button", "aria-label": said };
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
    const once = new Map(boxes.map((one) => [one[0], one])); // a dependency that turned round has one job on both sides
    return {
      size: [3 * WIDTH + 220, rows * step - 10],
      boxes: [...once.values()],
      lines: withFate(pairs.map(([parent, child]) => ({ parent, child, passes: [] }))),
    };
  };

  // ---- tables: rows are built as they scroll into view ------------------------------------------------------------
  class Listing {
    constructor(place, columns, rowOf) {
      Object.assign(this, { place, columns, rowOf, rows: [], built: 0 });
      this.body = el("tbody");
      this.heads = columns.map(({ label, kind, key }, index) => el("th", { scope: "col", class: kind },
        key ? el("button", { type: "button", "data-sort": index }, label) : label));
      this.table = el("table", {}, el("thead", {}, el("tr", {}, this.heads)), this.body);
      this.end = el("p");
      place.append(this.table, this.end);
      new IntersectionObserver((seen) => seen[0].isIntersecting && this.more(), { root: place, rootMargin: "600px" }).observe(this.end);
    }

    show(rows) {
      Object.assign(this, { rows, built: 0 });
      this.body.replaceChildren();
      this.table.setAttribute("aria-rowcount", rows.length + 1);
      this.place.scrollTop = 0;
      this.more();
    }

    more(to = this.built + SLICE) {
      this.body.append(...this.rows.slice(this.built, to).map(this.rowOf));
      this.built = Math.min(to, this.rows.length);
      this.end.textContent = this.built < this.rows.length ? "…" : this.rows.length ? "" : "Nothing matches.";
    }
  }

  const jobColumns = [
    { label: "job", key: (job) => job.name },
    ...(plan.kind === "diff" ? [{ label: "change", key: (job) => job.kind }] : []),
    { label: "level", kind: "number", key: (job) => job.level },
    { label: "nodes", kind: "number", key: (job) => job.nodes.length },
    { label: "parents", kind: "number", key: (job) => job.parents.length },
    { label: "children", kind: "number", key: (job) => job.children.length },
    { label: "vCPUs", kind: "number", key: (job) => job.settings.vcpus ?? 0, text: (job) => `${job.settings.vcpus ?? "-"}` },
    { label: "memory", kind: "number", key: (job) => job.settings.memory_mib ?? 0, text: (job) => job.settings.memory ?? "-" },
    { label: "queue", key: (job) => job.settings.queue },
  ];
  const jobRow = (job) => el("tr", { "data-job": job.number, class: job.number === state.job ? "is" : "" },
    jobColumns.map(({ kind, key, text = key, label }) => {
      const content = label === "job" ? jobLink(job.number) : label === "change" && job.kind ? `${SIGNS[job.kind]} ${job.kind}` : `${text(job)}`;
      return el("td", { class: label === "change" ? job.kind : kind }, content);
    }));
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const shownJobs = () => {
    const near = onlyChanged && plan.graphs.changed ? new Set(plan.graphs.changed.boxes.map(([job]) => job)) : null;
    const kept = jobs.filter(({ number, kind }) => (state.hits?.has(number) ?? true) && (!onlyChanged || (near?.has(number) ?? kind)));
    const { key } = jobColumns[state.sort] ?? {};
    return key ? kept.sort((a, b) => compare(key(a), key(b)) * (state.down ? 1 : -1) || a.number - b.number) : kept;
  };

  const FLOWS = { outside: "read from outside", between: "handed on", kept: "kept: written and not read" };
  const some = (numbers) => {
    const items = numbers.slice(0, 6).flatMap((number) => [jobLink(number), " "]);
    return numbers.length > 6 ? [...items, `and ${(numbers.length - 6).toLocaleString("en")} more`] : items;
  };
  const fateOfData = (name) => (plan.data.gained?.includes(name) ? "+ " : "");
  const dataRow = ([name, flow, writers, readers]) => el("tr", {},
    el("td", {}, fateOfData(name), dataLink(name)), el("td", {}, FLOWS[flow]),
    el("td", {}, some(writers)), el("td", {}, some(readers)));

  // ---- details of a job -------------------------------------------------------------------------------------------
  const section = (title, ...content) => (content.flat().length ? [el("h3", {}, title), ...content.flat()] : []);
  const list = (items) => {
    if (!items.length) return [];
    const place = el("ul", {}, items.slice(0, SIDE));
    if (items.length <= SIDE) return [place];
    const more = el("button", { type: "button" }, `${(items.length - SIDE).toLocaleString("en")} more`);
    more.addEventListener("click", () => (place.append(...items.slice(SIDE)), more.remove()));
    return [place, more];
  };
  const item = (content, sign = "") => el("li", {}, sign && el(sign === "+" ? "ins" : "del", {}, `${sign} `), content);
  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
  const copyButton = (job) => {
    if (job.escaped) return el("p", { class: "note" }, "Some of its characters cannot be seen; they are shown as escapes.");
    const button = el("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(job.command.map(quoted).join(" "));
        say(button.textContent = "Copied");
      } catch {
        getSelection().selectAllChildren(byId("command")); // a browser that does not let a file copy
        say(button.textContent = "Selected");
      }
    });
    return button;
  };
  const changeOf = ({ change }) => {
    if (!change) return [];
    const names = Object.entries(change.names ?? {}).flatMap(([what, { gained, lost }]) => section(what,
      list([...gained.map((name) => item(name, "+")), ...lost.map((name) => item(name, "-"))])));
    const fields = (change.fields ?? []).map(([name, before, after]) =>
      el("tr", {}, el("td", {}, name), el("td", {}, el("del", {}, before), " → ", el("ins", {}, after))));
    const words = (change.command ?? []).flatMap(([what, texts]) =>
      texts.map((text) => el({ kept: "span", removed: "del", added: "ins" }[what], {}, text)));
    const whole = change.kind === "added" || change.kind === "removed"; // then all of it is below anyway
    return [el("div", { class: "what" },
      el("strong", { class: change.kind }, `${SIGNS[change.kind]} ${change.kind}`),
      change.before ? ` from ${change.before}` : "",
      section("nodes came from", list((change.from ?? []).map((name) => item(name)))),
      section("nodes went to", list((change.to ?? []).map((name) => item(name)))),
      whole ? [] : [section("fields", fields.length ? el("table", {}, fields) : []),
        section("command", words.length ? el("div", { class: "command" }, words) : []), names])];
  };
  const details = (job) => {
    const close = el("button", { type: "button", class: "close", "data-do": "close", "aria-label": "Close" }, "×");
    const family = (numbers, lost) => list(numbers.map((number) => {
      const kind = lost(number);
      return item(jobLink(number), kind === "gained" ? "+" : kind === "lost" ? "-" : "");
    }));
    const parents = [...job.parents, ...job.lost];
    byId("details").replaceChildren(close, el("h2", { class: job.kind, tabindex: -1 }, marked(job)), ...[
      `level ${job.level}`,
      changeOf(job),
      section("command", el("div", { class: "command", id: "command" }, job.command.map((word) => el("span", {}, word))), copyButton(job)),
      section(count(parents.length, "parent"), family(parents, (parent) => fate(parent, job.number))),
      section(job.children.length === 1 ? "1 child" : `${job.children.length.toLocaleString("en")} children`, family(job.children, (child) => fate(job.number, child))),
      section("reads", list(job.reads.map((name) => item(dataLink(name))))),
      section("writes", list(job.writes.map((name) => item(dataLink(name))))),
      section(count(job.nodes.length, "node"), list(job.nodes.map((name) => item(name)))),
      section("settings", el("table", {}, job.settings.rows.map(([name, value]) => el("tr", {}, el("td", {}, name), el("td", {}, value))))),
    ].flat(Infinity));
  };

  // ---- views ------------------------------------------------------------------------------------------------------
  const graph = wide ? new Drawing(byId("graph"), "Job graph") : null;
  graph?.addMap();
  const near = new Drawing(byId("near"), "The chosen job with its parents and children");
  const hint = el("p", { class: "empty" }, "Choose a job in the table to see its neighbours.");
  const more = el("ul", { class: "legend", hidden: "" });
  byId("near").append(hint, more);
  const table = new Listing(byId("table"), jobColumns, jobRow);
  let data = null; // built when it is first looked at
  let nearOf = null;
  const say = (text) => (byId("said").textContent = text);
  const current = () => (state.view === "graph" ? graph : state.view === "near" || !wide ? near : graph);

  const drawNear = () => {
    const job = jobs[state.job];
    hint.toggleAttribute("hidden", job !== undefined);
    const left = job ? [job.parents.length + job.lost.length, job.children.length].map((all) => Math.max(0, all - SIDE)) : [0, 0];
    more.toggleAttribute("hidden", !left.some(Boolean));
    more.replaceChildren(el("li", {}, `not drawn: ${count(left[0], "parent")}, ${left[1].toLocaleString("en")} children; the details list all`));
    if (!job) return;
    if (nearOf !== state.job) {
      near.show(neighbourhood(job));
      near.fit();
      if (near.scale < 0.5) (near.zoom(READABLE / near.scale), near.bring(state.job));
      nearOf = state.job;
    }
    near.mark();
  };
  const setView = (view) => {
    state.view = view;
    const split = !wide && view === "table" && state.job !== null;
    document.querySelector("main").classList.toggle("split", split);
    for (const name of ["graph", "near", "table", "data"]) byId(name).hidden = name !== view && !(split && name === "near");
    for (const tab of document.querySelectorAll("[role=tab]")) {
      const is = tab.dataset.view === view;
      tab.setAttribute("aria-selected", is);
      tab.tabIndex = is ? 0 : -1;
    }
    document.querySelector(".zooms").hidden = !["graph", "near"].includes(view) && !split;
    byId("near").setAttribute("aria-labelledby", split ? "tab-table" : "tab-near");
    if (view === "near" || split) drawNear();
    if (view === "data" && !data) {
      data = new Listing(byId("data"), ["dataset", "what becomes of it", "written by", "read by"].map((label) => ({ label })), dataRow);
      const lost = (plan.data.lost ?? []).map((name) => el("li", {}, el("del", {}, `- ${name}`), " no longer in the plan"));
      const unordered = plan.data.unordered.map(([name, reader, writer]) =>
        el("li", {}, jobLink(reader), " reads ", dataLink(name), ", which ", jobLink(writer), " writes, and does not wait for it"));
      if (unordered.length + lost.length) byId("data").prepend(el("details", { class: "warnings", open: "" },
        el("summary", {}, "Look at these"), el("ul", {}, unordered.slice(0, SLICE), lost.slice(0, SLICE))));
      data.show(plan.data.datasets);
    }
  };
  const choose = (number, { hash = true, focus = false, scroll = true } = {}) => {
    state.job = number;
    byId("details").hidden = number === null;
    if (number !== null) details(jobs[number]);
    if (hash) location.hash = number === null ? "" : `job=${encodeURIComponent(jobs[number].name)}`;
    setView(state.view);
    graph?.mark();
    for (const row of table.body.querySelectorAll("tr.is")) row.classList.remove("is");
    if (number === null) return;
    if (scroll) current()?.bring(number);
    if (state.view === "table") {
      const at = table.rows.findIndex((job) => job.number === number);
      if (at >= table.built) table.more(at + SLICE);
      const row = table.body.children[at];
      row?.classList.add("is");
      if (scroll) row?.scrollIntoView({ block: "nearest" });
    } else if (focus) current()?.elements?.get(number)?.focus({ preventScroll: true });
    say(`${marked(jobs[number])}: ${count(jobs[number].parents.length, "parent")}, ${jobs[number].children.length} children`);
  };

  // ---- search -----------------------------------------------------------------------------------------------------
  const index = jobs.map(({ name, nodes, reads, writes, change }) => ({
    job: `${name}\n${change?.before ?? ""}`.toLowerCase(),
    node: nodes.join("\n").toLowerCase(),
    data: [...reads, ...writes].join("\n").toLowerCase(),
  }));
  const search = () => {
    const text = byId("search").value.trim().toLowerCase();
    state.query = text;
    const [, where, wanted] = /^(?:(job|node|data):)?\s*(.*)$/su.exec(text);
    const found = ({ job, node, data: theirs }) =>
      where ? { job, node, data: theirs }[where].includes(wanted) : job.includes(wanted) || node.includes(wanted) || theirs.includes(wanted);
    state.hits = wanted ? new Set(index.flatMap((one, number) => (found(one) ? [number] : []))) : null;
    tellFound();
    graph?.mark();
    if (state.view === "near") near.mark();
    table.show(shownJobs());
  };
  const matches = () => {
    const drawn = state.view === "graph" ? graph.boxes : null;
    return (state.view === "table" ? table.rows : jobs).filter(({ number }) => state.hits?.has(number) && (drawn?.has(number) ?? true));
  };
  const tellFound = () => {
    const all = matches();
    const at = all.findIndex(({ number }) => number === state.job) + 1;
    byId("found").textContent = state.hits ? `${at ? `${at} of ` : ""}${count(all.length, "match").replace("matchs", "matches")}` : "";
  };
  const step = (by) => {
    const all = matches();
    if (!all.length) return;
    const at = all.findIndex(({ number }) => number === state.job);
    choose(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length].number);
    tellFound();
  };
  const find = (text) => {
    byId("search").value = text;
    search();
    if (state.view === "data" || state.view === "near") setView(wide ? "graph" : "table");
    step(1);
  };

  // ---- what people do ---------------------------------------------------------------------------------------------
  const theme = (wanted) => {
    document.documentElement.dataset.theme = wanted;
    try {
      localStorage.setItem("kedro-batch-theme", wanted);
    } catch {} // a page from disk may not remember
  };
  const actions = {
    next: () => step(1),
    previous: () => step(-1),
    in: () => current().zoom(1.3),
    out: () => current().zoom(1 / 1.3),
    fit: () => current().fit(),
    close: () => choose(null),
    help: () => byId("help").showModal(),
    theme: () => theme(getComputedStyle(document.documentElement).getPropertyValue("--ground") && isDark() ? "light" : "dark"),
  };
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const siblings = (job) => {
    if (state.view === "table") return table.rows;
    const drawing = current();
    const at = drawing?.boxes.get(job.number);
    if (!at || state.view !== "graph") return jobs.filter(({ level }) => level === job.level);
    return [...drawing.boxes].filter(([, { x }]) => x === at.x).sort((a, b) => a[1].y - b[1].y).map(([number]) => jobs[number]);
  };
  const walk = (key) => {
    const job = jobs[state.job];
    const present = (numbers) => numbers.filter((number) => state.view !== "graph" || graph.boxes.has(number));
    let to;
    if (key === "ArrowLeft") [to] = present([...job.parents, ...job.lost]);
    if (key === "ArrowRight") [to] = present(job.children);
    if (key === "ArrowUp" || key === "ArrowDown") {
      const row = siblings(job);
      to = row[row.findIndex(({ number }) => number === job.number) + (key === "ArrowUp" ? -1 : 1)]?.number;
    }
    if (to !== undefined) choose(to, { focus: true });
  };

  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-do], [data-view], [data-find], [data-sort], [data-job]");
    if (!at) return;
    const { do: action, view, find: text, sort, job } = at.dataset;
    if (action) actions[action]();
    else if (view) setView(view);
    else if (text !== undefined) find(text);
    else if (sort !== undefined) {
      state.down = state.sort === +sort ? !state.down : true;
      state.sort = +sort;
      table.heads.forEach((head, number) => number === state.sort
        ? head.setAttribute("aria-sort", state.down ? "ascending" : "descending") : head.removeAttribute("aria-sort"));
      table.show(shownJobs());
    } else {
      const drawn = at.closest("svg");
      if (!drawn && state.view === "data") setView(wide ? "graph" : "table");
      choose(+job, { scroll: !drawn || state.view === "near" || !wide, focus: drawn !== null });
      tellFound();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    const { key } = event;
    const typing = event.target === byId("search");
    const done = () => event.preventDefault();
    if (key === "Escape") {
      if (typing && byId("search").value) (done(), (byId("search").value = ""), search());
      else if (typing) byId("search").blur();
      else if (state.job !== null) choose(null);
      else if (state.hits) ((byId("search").value = ""), search());
    } else if (typing) {
      if (key === "Enter" || key === "ArrowDown") (done(), step(event.shiftKey ? -1 : 1));
      if (key === "ArrowUp") (done(), step(-1));
    } else if (event.target.matches("[role=tab]") && (key === "ArrowLeft" || key === "ArrowRight")) {
      const next = key === "ArrowLeft" ? event.target.previousElementSibling : event.target.nextElementSibling;
      if (next) (done(), next.focus(), setView(next.dataset.view));
    } else if (key === "/") (done(), byId("search").focus(), byId("search").select());
    else if (key === "?") actions.help();
    else if ("1234".includes(key)) document.querySelectorAll("[role=tab]")[key - 1]?.click();
    else if (key === "+" || key === "=") actions.in();
    else if (key === "-") actions.out();
    else if (key === "0") actions.fit();
    else if ((key === "Enter" || key === " ") && event.target.matches(".job")) (done(), choose(+event.target.dataset.job, { focus: true }));
    else if (key.startsWith("Arrow") && state.job !== null && !event.target.closest("aside, header")) (done(), walk(key));
  });
  byId("search").addEventListener("input", search);
  byId("only")?.addEventListener("change", () => setOnly(byId("only").checked));
  addEventListener("beforeprint", () => table.more(Infinity));
  const fromAddress = () => {
    const name = /^#job=(.*)$/u.exec(location.hash)?.[1];
    let number;
    try {
      number = name === undefined ? undefined : numberOf.get(decodeURIComponent(name));
    } catch {} // an address that somebody mistyped
    if ((number ?? null) !== state.job) choose(number ?? null, { hash: false });
  };
  addEventListener("hashchange", fromAddress);

  const setOnly = (only) => {
    onlyChanged = only;
    if (byId("only")) byId("only").checked = only;
    if (graph) {
      graph.show(whole((only ? plan.graphs.changed : plan.graphs.whole) ?? wide));
      graph.begin();
    }
    table.show(shownJobs());
  };
  const legend = () => el("ul", { class: "legend" }, Object.entries(SIGNS).map(([kind, sign]) => el("li", { class: kind }, `${sign} ${kind}`)),
    el("li", { class: "added" }, "— dependency gained"), el("li", { class: "removed" }, "- - dependency lost"));

  try {
    const remembered = localStorage.getItem("kedro-batch-theme");
    if (remembered === "light" || remembered === "dark") document.documentElement.dataset.theme = remembered;
  } catch {} // a page from disk may not remember
  if (plan.kind === "diff") byId("graph").append(legend());
  setView(state.view);
  setOnly(plan.kind === "diff" && plan.graphs.changed !== null && (jobs.length > 60 || !plan.graphs.whole));
  fromAddress();
})();
