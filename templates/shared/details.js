// ---- details of a job: parts that all pages have ------------------------------------------------------------------
const section = (title, ...content) => (content.flat(Infinity).filter(Boolean).length ? [el("h3", {}, title), content] : []);
// The first of many items, which are elements `li`; nothing if there are none.
const list = (items, most) => (items.length ? first(most, items, (left) => `${left.toLocaleString("en")} more`, el("ul")) : []);
// Names with values, as a table; those without a value are left out.
const pairs = (rows) => {
  const some = rows.filter(([, content]) => content !== undefined && content !== "");
  return some.length ? el("table", {}, some.map(([name, content]) => el("tr", {}, el("td", {}, name), el("td", {}, content)))) : [];
};
const showDetails = (title, ...parts) => byId("details").replaceChildren(
  el("button", { type: "button", class: "close", "data-do": "close", "aria-label": "Close" }, "×"), title, ...parts.flat(Infinity).filter(Boolean));
