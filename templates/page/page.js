// ---- views ------------------------------------------------------------------------------------------------------
const VIEWS = ["graph", "table", "near", "data"];
const graph = new Graph(byId("graph"), "Job graph");
const near = new Drawing(byId("near"), "The selected job with its parents and children");
const hint = el("p", { class: "empty" }, "Select a job in the table to see its neighbours.");
const more = el("ul", { class: "legend", hidden: "" });
byId("near").append(hint, more);
const table = jobTable(byId("table"));
let data = null; // built when its view is first opened
let nearOf = null;
const current = () => (state.view === "near" ? near : graph);
const address = new Address({
  jobs: { tell: () => state.wantsOnly, show: (wanted) => setOnly(["all", "changes"].includes(wanted) ? wanted : "") },
  open: { tell: () => graph.folds.told(), show: (told) => graph.unfold(told) },
  colour: { tell: () => (colour.selectedIndex ? colour.value : ""), show: (kind) => showColours(kind) },
  search: { tell: () => byId("search").value.trim(), show: (text) => ((byId("search").value = text), search()) },
  view: { tell: () => (state.view === VIEWS[0] ? "" : state.view), show: (view) => setView(VIEWS.includes(view) ? view : VIEWS[0]) },
  job: { tell: () => jobs[state.job]?.name ?? "", show: (name) => choose(numberOf.get(name) ?? null, { hash: false }) },
});

const drawNear = () => {
  const job = jobs[state.job];
  hint.toggleAttribute("hidden", job !== undefined);
  const left = job ? [job.parents.length + job.lost.length, job.children.length].map((all) => Math.max(0, all - SIDE)) : [0, 0];
  more.toggleAttribute("hidden", !left.some(Boolean));
  more.replaceChildren(el("li", {}, `not drawn: ${count(left[0], "parent")}, ${count(left[1], "child")}; the details list them all`));
  if (!job) return;
  if (nearOf !== state.job) {
    near.show(neighbourhood(job));
    near.fit();
    if (near.scale < 0.5) (near.zoom(READABLE / near.scale), near.bring(state.job));
    nearOf = state.job;
  }
  near.mark();
};
// Show the datasets whose names match the search; other names of their jobs do not count.
const showData = () => data.keep(([name]) => meant(`\n${name.toLowerCase()}\n`));
// Draw a job in a box of its own: show all jobs if only changed ones are drawn, and open the groups around it.
const uncover = (number) => {
  if (graph.boxOf(number) === undefined) setOnly("all");
  graph.reveal(number);
};
const setView = (view) => {
  const isOther = state.view !== view;
  state.view = view;
  for (const name of VIEWS) byId(name).hidden = name !== view;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const is = tab.dataset.view === view;
    tab.setAttribute("aria-selected", is);
    tab.tabIndex = is ? 0 : -1;
  }
  document.body.dataset.view = view;
  document.querySelector(".zooms").hidden = !["graph", "near"].includes(view);
  if (view === "near") drawNear();
  if (view === "graph" && isOther && state.job !== null) {
    uncover(state.job);
    graph.mark();
    graph.bring(state.job);
  }
  if (view === "data" && !data) {
    data = dataTable(byId("data"));
    const here = new Set(datasets.map(([name]) => name));
    const changes = (plan.data.changes ?? []).map(([sign, name, what]) =>
      el("li", {}, el(sign === "+" ? "ins" : "del", {}, `${sign} `), here.has(name) ? dataLink(name) : el("del", {}, name), ` ${what}`));
    if (changes.length) byId("data").prepend(el("details", { class: "warnings", open: "" },
      el("summary", {}, "Changes"), list(changes, SIDE)));
    showData();
  }
};
const choose = (number, { hash = true, focus = false, scroll = true } = {}) => {
  state.job = number;
  byId("details").hidden = number === null;
  if (number !== null) details(jobs[number]);
  if (number !== null && state.view === "graph") uncover(number);
  if (hash) address.step();
  setView(state.view);
  graph.mark();
  for (const row of table.body.querySelectorAll("tr.is")) row.classList.remove("is");
  if (number === null) return;
  if (narrow.matches) {
    document.querySelector("main").scrollIntoView(); // the details are below the drawing
    if (current()) current().settle = null;
  }
  if (scroll) current()?.bring(number);
  if (state.view === "table") {
    const at = table.rows.findIndex((job) => job.number === number);
    if (at >= table.built) table.more(at + SLICE);
    const row = table.body.children[at];
    row?.classList.add("is");
    if (scroll) row?.scrollIntoView({ block: "nearest" });
    if (focus) row?.querySelector("button").focus({ preventScroll: true });
  } else if (focus) current()?.elements?.get(number)?.focus({ preventScroll: true });
  say(`${marked(jobs[number])}: ${count(jobs[number].parents.length, "parent")}, ${count(jobs[number].children.length, "child")}`);
};

// ---- search -----------------------------------------------------------------------------------------------------
const lines = (names) => `\n${names.join("\n")}\n`.toLowerCase();
const index = jobs.map(({ name, nodes, reads, writes, change }) => ({
  job: lines([name, change?.before ?? ""]),
  node: lines(nodes),
  data: lines([...reads, ...writes, ...[...reads, ...writes].map(producedAs)]),
}));
// A name in quotes matches exactly; other text matches every name that contains it.
const meant = (names) => names.includes(state.exact ? `\n${state.wanted}\n` : state.wanted);
const search = () => {
  const text = byId("search").value.trim().toLowerCase();
  const [, where, wanted] = /^(?:(job|node|data):)?\s*(.*)$/su.exec(text);
  state.exact = /^".+"$/su.test(wanted);
  state.wanted = state.exact ? wanted.slice(1, -1) : wanted;
  const found = (of) => (where ? meant(of[where]) : Object.values(of).some(meant));
  state.hits = wanted ? new Set(index.flatMap((one, number) => (found(one) ? [number] : []))) : null;
  graph.mark();
  if (state.view === "graph") graph.bringMatch();
  if (state.view === "near") near.mark();
  table.keep(isShown());
  tellFound(); // in the table, of its rows
  if (data) showData();
};
const matches = () => (state.view === "table" ? table.rows : jobs).filter(({ number }) => state.hits?.has(number));
const tellFound = () => {
  const all = matches();
  const at = all.findIndex(({ number }) => number === state.job) + 1;
  byId("found").textContent = state.hits ? `${at ? `${at} of ` : ""}${count(all.length, "match")}` : "";
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
  if (state.view === "data" || state.view === "near") setView("graph");
  step(1);
};

// ---- actions ----------------------------------------------------------------------------------------------------
const actions = {
  next: () => step(1),
  previous: () => step(-1),
  in: () => current().zoom(1.3),
  out: () => current().zoom(1 / 1.3),
  fit: () => current().fit(),
  all: () => {
    setOnly("all");
    graph.elements.get(graph.firstBox)?.focus({ preventScroll: true }); // the button has gone away
  },
  fold: () => graph.foldAll(),
  unfold: () => graph.unfoldAll(),
  close: () => {
    const left = state.job;
    choose(null);
    (state.view === "table" ? table.body.querySelector(`[data-job="${left}"] button`) : current()?.elements?.get(left))?.focus({ preventScroll: true });
  },
  help: () => byId("help").showModal(),
  theme: switchTheme,
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
  const present = (numbers) => numbers.filter((number) => state.view !== "graph" || graph.boxOf(number) !== undefined); // also in folded groups
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
  const at = event.target.closest("[data-do], [data-view], [data-find], [data-copy], [data-group], [data-job]");
  if (!at) return;
  const { do: action, view, find: text, copy: copied, group, job } = at.dataset;
  if (action) actions[action]();
  else if (copied !== undefined) copyWhole(at);
  else if (group !== undefined) graph.toggle(+group);
  else if (view) setView(view);
  else if (text !== undefined) find(text);
  else {
    const drawn = at.closest("svg");
    if (!drawn && state.view === "data") setView("graph");
    const inDetails = at.closest("aside");
    choose(+job, { scroll: !drawn || state.view === "near" || narrow.matches, focus: drawn !== null });
    if (inDetails) inDetails.querySelector("h2").focus({ preventScroll: true }); // the link was replaced
    tellFound();
  }
});
listenToKeys(actions, {
  isChosen: () => state.job !== null,
  isSearched: () => state.hits !== null,
  search,
  inSearch: (key, { shiftKey }) => {
    const by = { Enter: shiftKey ? -1 : 1, ArrowDown: shiftKey ? -1 : 1, ArrowUp: -1 }[key];
    if (by) step(by);
    return Boolean(by);
  },
  showTab: ({ dataset }) => setView(dataset.view),
  letter: (key, { target }) => {
    if ("1234".includes(key)) return document.querySelectorAll("[role=tab]")[key - 1]?.click(), false;
    if (zoomKey(key, actions)) return false;
    if ((key === "Enter" || key === " ") && target.matches("[data-group]")) return graph.toggle(+target.dataset.group), true;
    if ((key === "Enter" || key === " ") && target.matches(".job")) return choose(+target.dataset.job, { focus: true }), true;
    if (key.startsWith("Arrow") && (state.job === null || target.matches("[data-group]")) && graph.move(target, key)) return true;
    if (key.startsWith("Arrow") && state.job !== null && !target.closest("aside, header")) return walk(key), true;
    return false;
  },
});
byId("only")?.addEventListener("change", () => setOnly(byId("only").checked ? "changes" : "all"));
byId("only")?.toggleAttribute("disabled", plan.shown === null); // no job has a change of its own
let openOnScreen = []; // what is folded in the header, before it is printed whole
addEventListener("beforeprint", () => {
  const folds = [...document.querySelectorAll("header details")];
  openOnScreen = folds.map((one) => [one, one.open]);
  for (const one of folds) one.open = true;
  table.more(Infinity);
  if (state.view === "graph") graph.onPaper();
  const changed = jobs.filter(({ own }) => own);
  const inCommon = jobs.filter(({ kind, own }) => kind && !own).length;
  byId("paper").replaceChildren(...changed.slice(0, SLICE).map(onPaper),
    changed.length > SLICE ? el("p", {}, `and ${count(changed.length - SLICE, "more changed job")}: the page itself and kedro-batch diff show all`) : "",
    inCommon ? el("p", {}, `and ${count(inCommon, "job")} that differ only in what they have in common`) : "");
});
addEventListener("afterprint", () => {
  byId("paper").replaceChildren();
  for (const [one, open] of openOnScreen) one.open = open;
  graph.onScreen();
});
// Show all jobs, or those with changes and their neighbours; "": changes, if all jobs would be many or too small to read.
const setOnly = (wanted) => {
  state.wantsOnly = wanted;
  const draw = (only) => {
    onlyChanged = only;
    graph.restrict(only ? new Set(plan.shown) : null);
  };
  const many = jobs.length > MOST_AT_ONCE;
  if (plan.shown === null || wanted === "all" || (!wanted && !many)) draw(false);
  if (plan.shown !== null && (wanted === "changes" || (!wanted && (many || graph.isCut)))) draw(true);
  if (byId("only")) byId("only").checked = onlyChanged;
  // A path with gaps would look like one that is shorter.
  document.querySelector("main").classList.toggle("cut", onlyChanged && !plan.path.every((job) => plan.shown.includes(job)));
  table.keep(isShown());
};
const risk = ({ what, before, after, who, cost, about }) => {
  const values = before === null && after === null ? "" : [" ", value(before, "del"), " → ", value(after, "ins")];
  const subjects = about.map(([text, job], number) => el("span", {}, number ? ", " : "", job === null ? text : link(text, { "data-job": job })));
  const names = first(10, subjects, (left) => `and ${left.toLocaleString("en")} more`, el("span"));
  return el("li", {}, cost ? el("span", { class: "cost" }, "cost") : "", el("strong", {}, what), values, subjects.length ? ": " : "",
    who ? el("details", { class: "who" }, el("summary", {}, who), names) : names);
};
// In a narrow window the graph comes first: what stands above it is folded.
const foldAbove = () => document.querySelectorAll(".fold").forEach((one) => (one.open = !narrow.matches));
narrow.addEventListener("change", foldAbove);
foldAbove();

const colour = byId("colour");
colour.addEventListener("change", () => showColours(colour.value));
showColours("");
document.querySelector(".folds").hidden = !graph.canFold;
byId("risks")?.append(...plan.risks.map(risk));
setView(state.view);
setOnly("");
address.follow();
for (const kind of ["click", "keydown", "input", "change"]) document.addEventListener(kind, () => address.keep());
