// The jobs, and functions that build elements. All data come from the element #plan and reach the page as text or
// attributes, never as HTML. The files of this folder are joined to one module: jobs, drawing, listing, details, page.
const plan = JSON.parse(document.getElementById("plan").textContent);
const [WIDTH, HEIGHT] = plan.box;
const SIGNS = { added: "+", removed: "-", changed: "~", renamed: ">" };
const READABLE = 0.8; // below this scale, names are hard to read
const FAR = 0.42; // below this scale, names are not drawn
const SLICE = 200; // rows of a table that are built at once
const SIDE = 100; // the most neighbours drawn on each side
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
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== ""));
  return element;
};
const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const link = (text, attributes) => el("button", { type: "button", class: "link", ...attributes }, text);
const jobLink = (number) => link(marked(jobs[number]), { "data-job": number });
const producedAs = (name) => name.split("@")[0] || name; // table@spark and table@pandas are one
const dataLink = (name) => link(name, { "data-find": `data:"${producedAs(name)}"` });
const value = (text, tag = "span") => (text === null ? el("em", { class: "absent" }, "not stated") : el(tag, {}, text));
const marked = (job) => (job.kind ? `${SIGNS[job.kind]} ${job.name}` : job.name);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
// The first of many things, and a button that shows the others.
const first = (most, things, more, container) => {
  container.append(...things.slice(0, most));
  if (things.length <= most) return [container];
  const button = el("button", { type: "button" }, more(things.length - most));
  button.addEventListener("click", () => (container.append(...things.slice(most)), button.remove()));
  return [container, button];
};
const shortened = (text, room) => {
  const letters = [...text];
  if (letters.length <= room) return text;
  const end = Math.floor(room * 0.4); // names in one pipeline often differ at their ends
  return `${letters.slice(0, room - end - 1).join("")}…${letters.slice(-end).join("")}`;
};
