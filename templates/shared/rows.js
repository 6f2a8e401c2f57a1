// ---- tables whose rows are built when they scroll into view ------------------------------------------------------
class Rows {
  static ends = new WeakMap(); // what sees the end of the table in a container

  // `rowOf` makes the element of a row; `none` gives the words for a table without rows.
  constructor(container, heads, rowOf, { slice = 100, none = () => "None." } = {}) {
    Object.assign(this, { container, heads, rowOf, slice, none, rows: [], built: 0 });
    this.body = el("tbody");
    this.table = el("table", {}, el("thead", {}, el("tr", {}, heads)), this.body);
    this.end = el("p");
    container.replaceChildren(this.table, this.end);
    Rows.ends.get(container)?.disconnect(); // of the table that stood there
    const end = new IntersectionObserver((seen) => seen[0].isIntersecting && this.more(), { root: container, rootMargin: "600px" });
    Rows.ends.set(container, end);
    end.observe(this.end);
  }

  show(rows) {
    Object.assign(this, { rows, built: 0 });
    this.body.replaceChildren();
    this.table.setAttribute("aria-rowcount", rows.length + 1);
    this.container.scrollTop = 0;
    this.more();
  }

  more(to = this.built + this.slice) {
    this.body.append(...this.rows.slice(this.built, to).map(this.rowOf));
    this.built = Math.min(to, this.rows.length);
    this.end.textContent = this.built < this.rows.length ? "…" : this.rows.length ? "" : this.none();
  }

  // Mark the head that the rows are sorted by.
  markSorted(number, down) {
    this.heads.forEach((head, at) => at === number
      ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
  }
}
// ---- tables: sorted by a click on a head ------------------------------------------------------------------------
class Table extends Rows {
  // columns: label, kind (classes; "number" for those that are sorted from the largest), key(row) to sort by, cell(row)
  constructor(container, columns, rows, attributes = () => ({}), options = {}) {
    const heads = columns.map(({ label, kind }, number) => {
      const button = el("button", { type: "button" }, label);
      button.addEventListener("click", () => this.sort(number));
      return el("th", { scope: "col", class: kind }, button);
    });
    super(container, heads, (row) => el("tr", attributes(row), columns.map(({ kind, cell }) => el("td", { class: kind }, cell(row)))), options);
    Object.assign(this, { columns, all: rows, sorted: null, down: false });
    this.show(rows);
  }

  sort(number) {
    const { key, kind } = this.columns[number];
    this.down = this.sorted === number ? !this.down : /\bnumber\b/u.test(kind); // the largest number first
    this.sorted = number;
    this.markSorted(number, this.down);
    const given = new Map(this.all.map((row, at) => [row, at]));
    const none = (value) => value === undefined || value === null || value === "";
    this.show([...this.all].sort((a, b) => {
      const [one, other] = [key(a), key(b)];
      if (none(one) || none(other)) return none(one) - none(other) || given.get(a) - given.get(b); // always last
      return (one < other ? -1 : one > other ? 1 : 0) * (this.down ? -1 : 1) || given.get(a) - given.get(b);
    }));
  }

  // Show the rows that a filter keeps, sorted as before.
  keep(filter) {
    this.every ??= this.all;
    this.all = this.every.filter(filter);
    if (this.sorted === null) this.show(this.all);
    else ((this.down = !this.down), this.sort(this.sorted));
  }
}
const column = (label, key, kind, cell = key) => ({ label, key, kind, cell: (row) => `${cell(row) ?? ""}` });
