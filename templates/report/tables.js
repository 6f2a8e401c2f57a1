// ---- the tables of a run ----------------------------------------------------------------------------------------
const timed = (label, key) => column(label, key, "number", (row) => (key(row) === undefined ? "" : duration(key(row))));
const known = (one, ...phases) => (hasEnded(one, ...phases) ? inPhase(one, ...phases) : undefined);
const jobColumn = { label: "job", kind: "name", key: ({ job }) => jobs[job].name, cell: ({ job }) => jobLink(job) };
const stepColumn = { ...jobColumn, cell: ({ job, submission }) => [jobLink(job), submission > 1 ? `, submission ${submission}` : ""] };

const pathTable = () => new Table(byId("path").querySelector(".listing"), [
  column("#", (step) => pathSteps.get(`${step.job} ${step.submission}`) + 1, "number"),
  stepColumn,
  timed("took", ({ begin, end }) => end - begin),
  ...Object.values(report.spent).map((words, number) => timed(words, ({ spent }) => (spent[number] >= 0.05 ? spent[number] : undefined))),
  { label: "share", kind: "", key: ({ begin, end }) => end - begin, cell: (step) => share(step) },
].filter(({ label }) => {
  const number = Object.values(report.spent).indexOf(label);
  return number < 0 || report.path.some(({ spent }) => spent[number] >= 0.05);
}), report.path, ({ job }) => ({ "data-job": job }));
// What a step did, as a bar; the longest step is as wide as the column.
const share = ({ spent, begin, end }) => {
  const longest = report.path.reduce((most, one) => Math.max(most, one.end - one.begin), 0.001);
  const bar = el("div", { class: "bar" }, spent.map((_, number) => el("span", { class: `spent-${number}` })));
  [...bar.children].forEach((part, number) => (part.style.width = `${(spent[number] / longest) * 160}px`));
  bar.title = Object.values(report.spent).flatMap((words, number) => (spent[number] >= 0.05 ? [`${words} ${duration(spent[number])}`] : [])).join(", ") || duration(end - begin);
  return bar;
};
const shareTable = (of) => new Table(byId("usage").querySelector(".listing"), [
  column(of, ({ name }) => name, "name"),
  column("jobs", (one) => one.jobs, "number", (one) => one.jobs.toLocaleString("en")),
  column("attempts", (one) => one.attempts, "number", (one) => one.attempts.toLocaleString("en")),
  column("failed", (one) => one.failed, "number", (one) => (one.failed ? one.failed.toLocaleString("en") : "")),
  timed("ran", (one) => (one.attempts ? one.ran_s : undefined)),
  timed("waited for capacity", (one) => (one.attempts ? one.waited_s : undefined)),
  column("asked for", (one) => one.vcpu_hours, "", (one) => one.hours),
], report.shares[of]);
const attemptTable = () => new Table(byId("attempts").querySelector(".listing"), [
  jobColumn,
  column("submission", (one) => one.submission, "number"),
  column("attempt", (one) => one.attempt, "number"),
  column("ended", (one) => one.outcome ?? one.state.toLowerCase().replace("_", " ")),
  column("started", (one) => one.started, "number", (one) => (one.started === undefined ? "" : when(one.started))),
  timed("parents", (one) => known(one, "parents")),
  timed("capacity, start", (one) => known(one, "capacity", "starting")),
  timed("ran", (one) => known(one, "running")),
  column("vCPUs", (one) => one.vcpus, "number"),
  column("MiB", (one) => one.memoryMib, "number", (one) => one.memoryMib?.toLocaleString("en")),
  column("exit code", (one) => one.exitCode, "number"),
  column("why", (one) => one.exception ?? one.reason, "why", (one) => (one.outcome === "succeeded" ? "" : one.exception ?? one.reason)),
], attempts, ({ job }) => ({ "data-job": job }));

// ---- failures ---------------------------------------------------------------------------------------------------
const names = (numbers) => first(10, numbers.map((number, at) => el("span", {}, at ? ", " : "", jobLink(number))),
  (more) => `and ${more.toLocaleString("en")} more`, el("span"));
const console_ = (place) => (place.startsWith("https://") // else it is an id
  ? el("a", { href: place, target: "_blank", rel: "noopener noreferrer" }, "in the AWS console") : place);
const failure = ({ jobs: failed, headline, exceptions = [], node, advice, place, log, logTail = [], logProblem, notRun, notRunNames }) => {
  const tail = el("pre", { tabindex: 0 }, logTail.join("\n"));
  return el("div", { class: "failure" },
    el("p", {}, jobLink(failed[0]), ` ${headline}`),
    failed.length > 1 ? el("p", {}, "likewise ", names(failed.slice(1))) : "",
    exceptions.map((line) => el("p", { class: "exception" }, line)),
    node ? el("p", {}, `node ${node}`) : "",
    advice ? el("p", {}, advice) : "",
    notRun ? el("p", {}, `${count(notRun, "job")} not run because of it: ${notRunNames}`) : "",
    place || log ? el("p", { class: "place" }, place ? console_(place) : "", place && log ? "; log " : "", log ?? "") : "",
    logProblem ? el("p", { class: "place" }, logProblem) : "",
    logTail.length ? el("details", { open: report.failures.length <= 3 ? "" : undefined },
      el("summary", {}, `the end of its log, ${count(logTail.length, "line")}`), tail, copyButton(logTail.join("\n"), () => tail)) : "");
};
const showFailures = () => {
  const list = byId("failures").querySelector(".list");
  const failed = attempts.filter(({ outcome }) => outcome === "failed").length;
  if (!report.failures.length) {
    const words = report.isOver ? "No job failed" : "No job has failed yet";
    list.append(el("p", { class: "note" }, failed ? `${words}; ${count(failed, "attempt")} did, and what followed succeeded or goes on.` : `${words}.`));
  }
  // Built in parts: each has a log.
  const build = (from) => {
    list.append(...report.failures.slice(from, from + 20).map(failure));
    const left = report.failures.length - from - 20;
    if (left <= 0) return;
    const button = el("button", { type: "button" }, `${left.toLocaleString("en")} more`);
    button.addEventListener("click", () => (button.remove(), build(from + 20)));
    list.append(button);
  };
  build(0);
};
