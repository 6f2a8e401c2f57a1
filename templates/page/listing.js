// ---- tables -----------------------------------------------------------------------------------------------------
const ofPage = { slice: SLICE, none: () => (state.wanted ? "No matches." : "No rows.") };
const inColour = ({ kind, own }) => (kind ? el("span", { class: own || "same" }, own ? kind : "in common") : "");
const amount = (label, key, words) => column(label, key, "number", words);
const detail = (label, key) => column(label, key, "number detail"); // "detail": left out of narrow windows
const jobColumns = [
  { label: "job", kind: "name", key: (job) => job.name, cell: (job) => jobLink(job.number) },
  ...(plan.kind === "diff" ? [{ label: "change", kind: "detail", key: (job) => job.kind, cell: inColour }] : []),
  detail("level", (job) => job.level),
  detail("nodes", (job) => job.nodes.length),
  detail("parents", (job) => job.parents.length),
  detail("children", (job) => job.children.length),
  amount("vCPUs", (job) => job.settings.vcpus),
  amount("memory", (job) => job.settings.memory_mib, (job) => job.settings.memory),
  ...(plan.settings.some(({ gpus }) => gpus) ? [amount("GPUs", (job) => job.settings.gpus || null)] : []),
  column("queue", (job) => job.settings.queue),
];
// In a diff, what changed comes first, in the order of the plan.
const jobTable = (container) => new Table(container, jobColumns, [...jobs].sort((a, b) => !a.own - !b.own || a.number - b.number),
  (job) => ({ "data-job": job.number, class: job.number === state.job ? "is" : "" }), ofPage);
const isShown = () => {
  const near = onlyChanged && plan.shown ? new Set(plan.shown) : null;
  return ({ number }) => (state.hits?.has(number) ?? true) && (near?.has(number) ?? true);
};

const ROLES = { input: "input", final: "final output", intermediate: "intermediate" };
const some = (numbers) => {
  const shown = numbers.slice(0, 6).map((number, index) => [index ? ", " : "", jobLink(number)]);
  return numbers.length > 6 ? [shown, ` and ${(numbers.length - 6).toLocaleString("en")} more`] : shown;
};
const dataChanges = new Map();
for (const one of plan.data.changes ?? []) dataChanges.set(one[1], [...(dataChanges.get(one[1]) ?? []), one]);
const changed = ([sign, , what]) => el(sign === "+" ? "ins" : "del", {}, `${sign} ${what}`);
const roles = Object.keys(ROLES);
const datasets = plan.data.datasets.sort((a, b) => roles.indexOf(a[1]) - roles.indexOf(b[1]));
const dataTable = (container) => new Table(container, [
  { label: "dataset", kind: "name", key: ([name]) => name, cell: ([name]) => dataLink(name) },
  { label: "role", key: ([, role]) => roles.indexOf(role),
    cell: ([name, role]) => [ROLES[role], (dataChanges.get(name) ?? []).map((one) => ["; ", changed(one)])] },
  { label: "written by", key: ([, , writers]) => writers.length, cell: ([, , writers]) => some(writers) },
  { label: "read by", key: ([, , , readers]) => readers.length, cell: ([, , , readers]) => some(readers) },
], datasets, undefined, ofPage);
