// The run: its jobs and attempts. All data come from the element #report and reach the page as text or attributes,
// never as HTML. The scripts of this folder stand behind those of shared/, as one module: run, timeline, drawing, tables,
// report.
const report = JSON.parse(byId("report").textContent);
const PHASES = report.phases;
const MANY = 200; // above so many jobs, lanes are folded into groups
const SIDE = 50; // names that are shown at once in a list
const { jobs, attempts } = report;
const numberOf = new Map(jobs.map((job, number) => [job.name, number]));
const pathSteps = new Map(report.path.map((step, number) => [`${step.job} ${step.submission}`, number]));
const isCritical = (one) => pathSteps.has(`${one.job} ${one.submission}`);
jobs.forEach((job, number) => {
  Object.assign(job, { number, attempts: [], children: [], critical: false });
  for (const list of ["nodes", "tags", "parents"]) job[list] ??= [];
});
for (const one of attempts) {
  one.intervals ??= [];
  jobs[one.job].attempts.push(one);
  jobs[one.job].critical ||= isCritical(one);
}
for (const job of jobs) for (const parent of job.parents) jobs[parent].children.push(job.number);
for (const job of jobs) {
  const times = job.attempts.flatMap(({ intervals }) => intervals);
  job.begin = Math.min(...times.map(([, begin]) => begin)); // Infinity if nothing is known
  job.ran = times.find(([phase]) => PHASES[phase] === "running")?.[1] ?? Infinity;
}

// ---- words, as text/wording.py has them -------------------------------------------------------------------------
const duration = (seconds) => {
  const whole = Math.round(seconds);
  if (whole < 60) return seconds < 10 ? `${seconds.toFixed(1)} s` : `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};
const clock = (seconds) => new Date((report.begin + seconds) * 1000).toISOString().slice(0, 19).replace("T", " ");
const time = (seconds) => clock(seconds).slice(11);
const day = (seconds) => clock(seconds).slice(0, 10);
const when = (seconds) => (day(0) === day(report.end) ? time(seconds) : clock(seconds)); // the day, if there are several
const inPhase = (one, ...phases) =>
  one.intervals.filter(([phase, , , open]) => !open && phases.includes(PHASES[phase])).reduce((sum, [, from, to]) => sum + to - from, 0);
const hasEnded = (one, ...phases) => one.intervals.some(([phase, , , open]) => !open && phases.includes(PHASES[phase]));
const PHASE_WORDS = {
  parents: "waiting for parents",
  capacity: "waiting for capacity and start",
  starting: "starting, as seen",
  waiting: "waiting, not known for what",
  running: "running",
};
const attemptWords = (one) =>
  [one.submission > 1 ? `submission ${one.submission}` : "", one.attempt ? `attempt ${one.attempt}` : ""].filter(Boolean).join(", ");
const jobLink = (number, text = jobs[number].name) => link(text, { "data-job": number });
