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
