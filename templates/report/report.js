// ---- details of a job -------------------------------------------------------------------------------------------
const copied = (text) => {
  const shown = el("span", {}, text);
  return [shown, copyButton(text, () => shown)];
};
const attemptDetails = (one) => [
  el("h3", {}, [attemptWords(one) || "submission 1", one.outcome ?? one.state.toLowerCase().replace("_", " "), isCritical(one) ? "on the critical path" : ""].filter(Boolean).join(" - ")),
  pairs([
    ...one.intervals.map(([phase, from, to, open]) => [PHASE_WORDS[PHASES[phase]], `${open ? "for " : ""}${duration(to - from)}${open ? " until then" : ""}`]),
    ["created", one.created === undefined ? "" : when(one.created)],
    ["parents done", one.parentsDone === undefined ? "" : when(one.parentsDone)],
    ["seen starting", one.startingSeen === undefined ? "" : when(one.startingSeen)],
    ["seen running", one.runningSeen === undefined ? "" : when(one.runningSeen)],
    ["started", one.started === undefined ? "" : when(one.started)],
    ["stopped", one.stopped === undefined ? "" : when(one.stopped)],
    ["exit code", one.exitCode],
    ["reason", one.reason ?? ""],
    ["exception", one.exception ?? ""],
    ["asked for", [one.vcpus && count(one.vcpus, "vCPU"), one.memoryMib && `${one.memoryMib.toLocaleString("en")} MiB`, one.gpus && count(one.gpus, "GPU")].filter(Boolean).join(", ")],
    ["machine", one.instance ?? ""],
    ["job id", one.jobId ? copied(one.jobId) : ""],
    ["log", one.log ? copied(one.log) : ""],
  ]),
];
const family = (numbers) => list(numbers.map((number) => el("li", {}, jobLink(number), jobs[number].critical ? " (critical path)" : "")), SIDE);
const details = (job) => showDetails(
  el("h2", { tabindex: -1 }, job.name),
  el("p", { class: "note" }, job.earlier ? "only in an earlier plan of the run" : [job.state, job.blockedBy === undefined ? "" : `because ${jobs[job.blockedBy].name} failed`].filter(Boolean).join(" ")),
  job.attempts.some(({ intervals, attempt }) => intervals.length || attempt) ? job.attempts.map(attemptDetails) : el("p", {}, "No attempt of it is recorded."),
  section("job", pairs([
    ["level", job.level],
    ["namespace", job.namespace ?? ""],
    ["queue", job.queue ?? ""],
    ["tags", job.tags.join(", ")],
  ])),
  section(count(job.nodes.length, "node"), list(job.nodes.map((name) => el("li", {}, name)), SIDE)),
  section(count(job.parents.length, "parent"), family(job.parents)),
  section(count(job.children.length, "child"), family(job.children)));

// ---- choosing ---------------------------------------------------------------------------------------------------
const address = new Address({
  job: { tell: () => jobs[state.job]?.name ?? "", show: (name) => choose(numberOf.get(name) ?? null, { hash: false }) },
});
const bring = (at) => {
  const y = at * LANE;
  if (y < lanes.scrollTop || y + LANE > lanes.scrollTop + lanes.clientHeight) lanes.scrollTop = y - lanes.clientHeight / 2;
};
const rearrange = () => {
  arrange();
  measure();
};
const choose = (number, { hash = true, scroll = true } = {}) => {
  state.job = number;
  if (hash) address.keep();
  if (!lanes) return;
  byId("details").hidden = number === null;
  if (number !== null) {
    const job = jobs[number];
    details(job);
    if (folded && !rowOfJob.has(number)) (state.open.add(groupName(job)), arrange());
    state.row = rowOfJob.get(number) ?? null;
    say(`${job.name}: ${job.state ?? ""}`);
  } else state.row = null;
  measure();
  if (number !== null && scroll && state.row !== null) bring(state.row);
  draw();
};
const index = jobs.map(({ name, nodes, namespace = "", queue = "" }) => [name, ...nodes, namespace, queue].join("\n").toLowerCase());
const search = () => {
  const text = byId("search").value.trim().toLowerCase();
  state.hits = text ? new Set(index.flatMap((one, number) => (one.includes(text) ? [number] : []))) : null;
  byId("found").textContent = state.hits ? count(state.hits.size, "job") : "";
  state.row = null;
  if (lanes) (lanes.scrollTop = 0);
  rearrange();
  attemptsTable.keep(({ job }) => state.hits?.has(job) ?? true);
};
const next = () => {
  const found = inOrder.filter(({ number }) => state.hits?.has(number));
  const at = found.findIndex(({ number }) => number === state.job);
  if (found.length) choose(found[(at + 1) % found.length].number);
};

// ---- the pointer ------------------------------------------------------------------------------------------------
const tip = byId("tip");
const rowAt = (event) => Math.floor((event.clientY - lanes.getBoundingClientRect().top - lanes.clientTop + lanes.scrollTop) / LANE);
const xAt = (event) => event.clientX - lanes.getBoundingClientRect().left - lanes.clientLeft;
const intervalAt = (job, at) => {
  const near = ((state.to - state.from) / Math.max(1, width - left)) * 3;
  const found = job.attempts.flatMap((one) => one.intervals.map((interval) => ({ one, interval })));
  return found.find(({ interval: [, from, to] }) => from <= at && at <= to)
    ?? found.find(({ interval: [, from, to] }) => from - near <= at && at <= to + near);
};
const tipOf = (row, at) => {
  if (row.group) {
    const { group } = row;
    return [el("b", {}, group.name), el("div", {}, `${count(group.jobs.length, "job")}, at most ${group.most.toLocaleString("en")} at once${group.failed ? `, ${group.failed.toLocaleString("en")} failed` : ""}`)];
  }
  const { job } = row;
  const head = el("b", {}, job.name);
  const found = at === null ? null : intervalAt(job, at);
  if (!found) return [head, el("div", {}, job.earlier ? "of an earlier plan" : job.state ?? "")];
  const { one, interval: [phase, from, to, open] } = found;
  const lines = [
    attemptWords(one),
    `${PHASE_WORDS[PHASES[phase]]} ${open ? "for at least " : ""}${duration(to - from)}`,
    `${when(from)} to ${open ? "now, as far as is recorded" : when(to)} UTC`,
    PHASES[phase] === "running" ? [one.outcome, one.exitCode ? `exit code ${one.exitCode}` : ""].filter(Boolean).join(", ") : "",
    isCritical(one) ? "on the critical path" : "",
  ];
  return [head, ...lines.filter(Boolean).map((line) => el("div", {}, line))];
};
const slotsTip = (at) => {
  const { times, running, waiting: ready } = report.slots;
  const here = times.findLastIndex((one) => one <= at);
  return [el("b", {}, `${when(at)} UTC`), el("div", {}, `${here < 0 ? 0 : running[here]} running`), el("div", {}, `${here < 0 ? 0 : ready[here]} waiting for capacity`)];
};
const showTip = (event, content) => {
  tip.replaceChildren(...content);
  tip.hidden = false;
  const { width: wide, height: high } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - wide - 6))}px`;
  tip.style.top = `${event.clientY + 18 + high > innerHeight ? event.clientY - high - 10 : event.clientY + 18}px`;
};
const toggle = (group) => {
  if (!state.open.delete(group.name)) state.open.add(group.name);
  rearrange();
};
const onPointer = () => {
  lanes.addEventListener("pointermove", (event) => {
    const [at, px] = [rowAt(event), xAt(event)];
    if (dragged) {
      if (dragged.pans) (look(dragged.begin - (timeAt(px) - timeAt(dragged.from)), dragged.end - (timeAt(px) - timeAt(dragged.from))));
      dragged.to = Math.max(left, px);
      draw();
      return;
    }
    const row = rows[at];
    lanes.classList.toggle("on-name", px < left || Boolean(row?.group));
    if (row && px <= width) showTip(event, tipOf(row, px < left ? null : timeAt(px)));
    else tip.hidden = true;
  });
  lanes.addEventListener("pointerleave", () => (tip.hidden = true));
  lanes.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType === "touch" || xAt(event) < left || xAt(event) > width) return;
    dragged = { from: xAt(event), to: xAt(event), pans: event.shiftKey, begin: state.from, end: state.to };
    lanes.setPointerCapture(event.pointerId);
    tip.hidden = true;
  });
  const leave = (event) => {
    if (!dragged) return;
    const { from, to, pans } = dragged;
    dragged = null;
    if (event.type === "pointerup" && !pans && Math.abs(to - from) > 5) {
      const [begin, end] = [timeAt(Math.min(from, to)), timeAt(Math.max(from, to))];
      look(begin, end);
      wasDragged = true;
    } else wasDragged = pans && Math.abs(to - from) > 5;
    draw();
  };
  let wasDragged = false;
  lanes.addEventListener("pointerup", leave);
  lanes.addEventListener("pointercancel", leave);
  lanes.addEventListener("click", (event) => {
    if (wasDragged) return void (wasDragged = false);
    const row = rows[rowAt(event)];
    if (row?.group) toggle(row.group);
    else if (row) choose(row.job.number, { scroll: false });
  });
  for (const part of [lanes, slots]) {
    part.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey || (part === slots && !event.shiftKey && event.deltaY)) {
        event.preventDefault();
        zoomAt(Math.exp(-event.deltaY * 0.003), timeAt(xAt(event)));
        draw();
      } else if (event.shiftKey || event.deltaX) {
        event.preventDefault();
        pan((event.deltaX || event.deltaY) / 800);
        draw();
      }
    }, { passive: false });
  }
  slots.addEventListener("pointermove", (event) => (xAt(event) < left ? (tip.hidden = true) : showTip(event, slotsTip(timeAt(xAt(event))))));
  slots.addEventListener("pointerleave", () => (tip.hidden = true));
  lanes.addEventListener("scroll", draw);
  new ResizeObserver(measure).observe(lanes);
};

// ---- keys and buttons -------------------------------------------------------------------------------------------
const zoom = (factor) => (zoomAt(factor), draw());
const actions = {
  in: () => zoom(1.5),
  out: () => zoom(1 / 1.5),
  fit: () => (look(FIRST, LAST), draw()),
  unfold: () => (groupOrder.forEach(({ name }) => state.open.add(name)), rearrange()),
  fold: () => (state.open.clear(), rearrange()),
  theme: () => (switchTheme(), measure()),
  help: () => byId("help").showModal(),
  close: () => (choose(null), lanes?.focus({ preventScroll: true })),
};
const walk = (by) => {
  const at = state.row === null ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, state.row + by));
  const row = rows[at];
  if (!row) return;
  if (row.job) choose(row.job.number);
  state.row = at;
  if (row.group) say(`${row.group.name}: ${count(row.shown, "job")}`);
  bring(at);
  draw();
};
let attemptsTable;
const showShare = (of) => {
  for (const tab of document.querySelectorAll("[data-share]")) {
    tab.setAttribute("aria-selected", tab.dataset.share === of);
    tab.tabIndex = tab.dataset.share === of ? 0 : -1;
  }
  shareTable(of);
};
document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-do], [data-share], [data-job]");
  if (!at) return;
  const { do: action, share: of, job } = at.dataset;
  if (action) actions[action]();
  else if (of) showShare(of);
  else {
    choose(+job);
    if (!at.closest("aside")) byId("timeline").scrollIntoView({ block: "start" });
    byId("details")?.querySelector("h2")?.focus({ preventScroll: true });
  }
});
listenToKeys(actions, {
  isChosen: () => state.job !== null,
  isSearched: () => state.hits !== null,
  search,
  inSearch: (key) => {
    if (key === "Enter") next();
    return key === "Enter";
  },
  showTab: ({ dataset }) => showShare(dataset.share),
  own: ({ key, target }) => {
    if (target !== lanes) return false;
    if (key === "ArrowUp" || key === "ArrowDown") return walk(key === "ArrowUp" ? -1 : 1), true;
    if (key === "ArrowLeft" || key === "ArrowRight") return pan(key === "ArrowLeft" ? -0.1 : 0.1), draw(), true;
    if (key === "Enter" && rows[state.row]?.group) return toggle(rows[state.row].group), true;
    return false;
  },
  letter: (key) => (lanes && zoomKey(key, actions), false),
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", measure);
narrow.addEventListener("change", measure);

arrange();
look(FIRST, LAST);
if (lanes) {
  byId("only-path").addEventListener("change", (event) => ((state.onlyPath = event.target.checked), rearrange()));
  document.querySelector(".folds").hidden = !folded;
  onPointer();
  measure();
}
if (report.path.length) pathTable();
else byId("path").querySelector(".note").textContent = "No end of a job is recorded, so there is no path.";
showFailures();
showShare(["node", "namespace", "queue", "tag"].find((one) => report.shares[one].length > 1) ?? "node");
for (const tab of document.querySelectorAll("[data-share]")) {
  const shares = report.shares[tab.dataset.share];
  tab.hidden = !shares.length || (shares.length === 1 && shares[0].name === "(none)");
}
attemptsTable = attemptTable();
address.follow();
