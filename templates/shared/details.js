// ---- details of a job: parts that all pages have ------------------------------------------------------------------
const section = (title, ...content) => (content.flat(Infinity).filter(Boolean).length ? [el("h3", {}, title), content] : []);
// The first of many items, which are elements `li`; nothing if there are none.
const list = (items, most) => (items.length ? first(most, items, (left) => `${left.toLocaleString("en")} more`, el("ul")) : []);
// Names with values, as a table; those without a value are left out.
const pairs = (rows) => {
  const some = rows.filter(([, content]) => content !== undefined && content !== "");
  return some.length ? el("table", {}, some.map(([name, content]) => el("tr", {}, el("td", {}, name), el("td", {}, content)))) : [];
};
const children = (number) => (number === 1 ? "1 child" : `${number.toLocaleString("en")} children`);
const showDetails = (title, ...parts) => byId("details").replaceChildren(
  el("button", { type: "button", class: "close", "data-do": "close", "aria-label": "Close" }, "×"), title, ...parts.flat(Infinity).filter(Boolean));
// Choose the job that the address names, now and whenever the address changes.
const followAddress = (numberOf, state, choose) => {
  const follow = () => {
    const number = jobInAddress(numberOf) ?? null;
    if (number !== state.job) choose(number, { hash: false });
  };
  addEventListener("hashchange", follow);
  follow();
};
