// ---- the rows of the timeline, and what part of it is seen; nothing is drawn here --------------------------------
const state = { job: null, row: null, from: 0, to: 1, hits: null, onlyPath: false, open: new Set() };
const ROOM = 0.02; // free room at both ends
const whole = () => {
  const span = Math.max(report.end, ...attempts.flatMap(({ intervals }) => intervals.map(([, , to]) => to)).reduce(larger, [0]), 0.001);
  return [-span * ROOM, span * (1 + ROOM)];
};
const larger = ([most], one) => [Math.max(most, one)];
const [FIRST, LAST] = whole();
const SHORTEST = Math.min(0.05, LAST - FIRST); // seconds; nothing more is seen below

// Above MANY jobs, lanes are folded by namespace, if the names of nodes tell several, or else by level.
const folded = jobs.length > MANY;
const byName = folded && new Set(jobs.map(({ namespace }) => namespace)).size > 1;
const groupName = (job) => (job.earlier ? "of an earlier plan" : byName ? job.namespace : `level ${job.level}`);
const groups = new Map();
if (folded) {
  for (const job of jobs) {
    const name = groupName(job);
    if (!groups.has(name)) groups.set(name, { name, jobs: [], level: byName ? 0 : job.level ?? Infinity });
    groups.get(name).jobs.push(job);
  }
}
const earlier = (a, b) => a.begin - b.begin || a.ran - b.ran || a.number - b.number || 0;
const inOrder = [...jobs].sort((a, b) => (a.begin === b.begin ? a.number - b.number : earlier(a, b)));
const place = new Map(inOrder.map((job, at) => [job.number, at]));
for (const group of groups.values()) {
  group.jobs.sort((a, b) => place.get(a.number) - place.get(b.number));
  group.begin = Math.min(...group.jobs.map(({ begin }) => begin));
  group.failed = group.jobs.filter(({ state }) => state === "FAILED" || state === "LOST").length;
  group.critical = group.jobs.some(({ critical }) => critical);
  const steps = new Map();
  for (const job of group.jobs) for (const one of job.attempts) for (const [phase, from, to] of one.intervals) {
    if (PHASES[phase] !== "running") continue;
    steps.set(from, (steps.get(from) ?? 0) + 1);
    steps.set(to, (steps.get(to) ?? 0) - 1);
  }
  group.times = [...steps.keys()].sort((a, b) => a - b);
  let running = 0;
  group.running = group.times.map((at) => (running += steps.get(at)));
  group.most = group.running.reduce((most, one) => Math.max(most, one), 0);
}
const groupOrder = [...groups.values()].sort((a, b) =>
  byName ? (a.begin === b.begin ? (a.name < b.name ? -1 : 1) : a.begin - b.begin) : a.level - b.level);

const wanted = (job) => (state.hits?.has(job.number) ?? true) && (!state.onlyPath || job.critical);
let rows = [];
let rowOfJob = new Map();
const arrange = () => {
  const kept = inOrder.filter(wanted);
  if (kept.length <= MANY) rows = kept.map((job) => ({ job }));
  else rows = groupOrder.flatMap((group) => {
    const shown = group.jobs.filter(wanted);
    if (!shown.length) return [];
    if (group.jobs.length === 1) return [{ job: shown[0] }];
    const open = state.open.has(group.name);
    return [{ group, open, shown: shown.length }, ...(open ? shown.map((job) => ({ job })) : [])];
  });
  rowOfJob = new Map(rows.flatMap(({ job }, at) => (job ? [[job.number, at]] : [])));
};

// ---- the part that is seen --------------------------------------------------------------------------------------
const look = (from, to) => {
  const span = Math.min(LAST - FIRST, Math.max(SHORTEST, to - from));
  const begin = Math.min(Math.max(FIRST, from), LAST - span);
  Object.assign(state, { from: begin, to: begin + span });
};
const zoomAt = (factor, at = (state.from + state.to) / 2) =>
  look(at - (at - state.from) / factor, at + (state.to - at) / factor);
const pan = (share) => look(state.from + (state.to - state.from) * share, state.to + (state.to - state.from) * share);

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
const ticks = (from, to, most) => {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most / 86400) * 86400;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return [found, step];
};
const tickWords = (at, step) => {
  if (step < 1) return `${+at.toFixed(2)} s`;
  const all = Math.round(at);
  const [days, hours, minutes, seconds] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, all % 60];
  if (days) return `${days} d${hours ? ` ${hours} h` : ""}${minutes ? ` ${minutes} min` : ""}`;
  if (hours) return `${hours} h${minutes ? ` ${minutes} min` : ""}${seconds ? ` ${seconds} s` : ""}`;
  if (minutes) return `${minutes} min${seconds ? ` ${seconds} s` : ""}`;
  return `${seconds} s`;
};
