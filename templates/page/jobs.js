// The jobs of a plan. All data come from the element #plan and reach the page as text or
// attributes, never as HTML. The scripts of this folder stand behind those of shared/, as one module: jobs, drawing,
// listing, details, page.
const plan = JSON.parse(document.getElementById("plan").textContent);
const [WIDTH, HEIGHT] = [210, 56]; // of a box
const SIGNS = { added: "+", removed: "-", changed: "~", renamed: ">" };
const READABLE = 0.8; // below this scale, names are hard to read
const FAR = 0.42; // below this scale, names are not drawn
const MOST_AT_ONCE = 60; // with more jobs, a diff begins with what changed
const SLICE = 200; // rows of a table that are built at once
const SIDE = 100; // the most neighbours drawn on each side
const narrow = matchMedia("(max-width: 760px)"); // as in page.css

// ---- the jobs ---------------------------------------------------------------------------------------------------
const jobs = plan.jobs;
for (const settings of plan.settings) settings.rows = settings.rows.map((number) => plan.rows[number]);
const numberOf = new Map();
jobs.forEach((job, number) => {
  for (const list of ["nodes", "command", "parents", "lost", "reads", "writes"]) job[list] ??= [];
  job.number = number;
  job.children = [];
  job.kind = job.change?.kind ?? "";
  if (job.change) job.change.fields = (job.change.fields ?? []).map((number) => plan.rows[number]);
  job.own = job.change?.common ? "" : job.kind; // what all jobs share is no change of one
  job.settings = plan.settings[job.settings];
  numberOf.set(job.name, number);
});
const FEW = 10;
// A risk that few jobs have marks them, so that they are found among many that changed; what only costs does not.
for (const { cost, about } of plan.risks)
  for (const [, number] of cost || about.length > FEW ? [] : about) if (jobs[number]) jobs[number].risky = true;
const gained = new Map(jobs.map((job) => [job.number, new Set(job.change?.names?.parents?.gained)]));
for (const job of jobs) for (const parent of [...job.parents, ...job.lost]) jobs[parent].children.push(job.number);
const fate = (parent, child) => {
  if (jobs[child].lost.includes(parent)) return "lost";
  return gained.get(child).has(jobs[parent].name) ? "gained" : "";
};

// ---- names as links ---------------------------------------------------------------------------------------------
const jobLink = (number) => link(marked(jobs[number]), { "data-job": number });
const producedAs = (name) => name.split("@")[0] || name; // table@spark and table@pandas are one
const dataLink = (name) => link(name, { "data-find": `data:"${producedAs(name)}"` });
const value = (text, tag = "span") => (text === null ? el("em", { class: "absent" }, "not stated") : el(tag, {}, text));
const marked = (job) => (job.own ? `${SIGNS[job.own]} ${job.name}` : job.name);
