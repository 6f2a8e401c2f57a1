// ---- tables -----------------------------------------------------------------------------------------------------
const listing = (container, columns, rowOf) => new Rows(container, columns.map(({ label, kind, key }, index) =>
  el("th", { scope: "col", class: kind }, key ? el("button", { type: "button", "data-sort": index }, label) : label)),
rowOf, { slice: SLICE, none: () => (state.wanted ? "No matches." : "No rows.") });

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
  const near = onlyChanged && plan.shown ? new Set(plan.shown) : null;
  const kept = jobs.filter(({ number, kind }) => (state.hits?.has(number) ?? true) && (!onlyChanged || (near?.has(number) ?? kind)));
  const { key } = jobColumns[state.sort] ?? {};
  return key ? kept.sort((a, b) => compare(key(a), key(b)) * (state.down ? 1 : -1) || a.number - b.number) : kept;
};

const ROLES = { input: "input", final: "final output", intermediate: "intermediate" };
const some = (numbers) => {
  const shown = numbers.slice(0, 6).map((number, index) => [index ? ", " : "", jobLink(number)]);
  return numbers.length > 6 ? [shown, ` and ${(numbers.length - 6).toLocaleString("en")} more`] : shown;
};
const dataChanges = new Map();
for (const one of plan.data.changes ?? []) dataChanges.set(one[1], [...(dataChanges.get(one[1]) ?? []), one]);
const changed = ([sign, , what]) => el(sign === "+" ? "ins" : "del", {}, `${sign} ${what}`);
const dataRow = ([name, role, writers, readers]) =>
  el("tr", {}, el("td", {}, dataLink(name)),
    el("td", {}, ROLES[role], (dataChanges.get(name) ?? []).map((one) => ["; ", changed(one)])),
    el("td", {}, some(writers)), el("td", {}, some(readers)));
const roles = Object.keys(ROLES);
const datasets = plan.data.datasets.sort((a, b) => roles.indexOf(a[1]) - roles.indexOf(b[1]));
