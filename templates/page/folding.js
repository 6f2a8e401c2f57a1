// ---- which groups are open, and what is drawn then ----------------------------------------------------------------
// What stands side by side is named by a number: a job by its own, a group by ~ of its own (below 0), all by ROOT.
const ROOT = null;
const MOST_BOXES = 1000; // the most that a browser moves smoothly
const MOST_FLAT = 400; // the most that are drawn as one graph
const FEWEST_AT_FIRST = 4; // with fewer boxes, groups are opened before anybody asks for it
const MOST_AT_FIRST = 40; // the most boxes in such a group: more would push the others out of sight
const MADE_UP = ["chain", "level", "part"]; // kinds of groups that nobody named: without frames once all are open

class Folds {
  constructor(groups, jobs) {
    Object.assign(this, { groups, jobs, open: new Set() });
    this.restrict(null);
    this.total = this.size;
  }

  // Draw these jobs alone; null draws all.
  restrict(only) {
    this.only = only;
    this.members = new Map([[ROOT, []]]);
    this.size = this.groups.map(() => 0);
    for (const { number, group } of this.jobs) {
      if (only && !only.has(number)) continue;
      for (let at = group; at !== undefined && at !== null; at = this.groups[at].inside) this.size[at] += 1;
    }
    // Not drawn are groups with a single job, and those whose jobs are all in one group further down.
    const hidden = this.size.map((size) => size < 2);
    this.groups.forEach(({ inside }, group) => {
      if (inside !== null && this.size[inside] === this.size[group]) hidden[inside] = true;
    });
    const around = (group) => {
      while (group !== undefined && group !== null && hidden[group]) group = this.groups[group].inside;
      return group === undefined || group === null ? ROOT : ~group;
    };
    this.groups.forEach(({ inside }, group) => {
      if (hidden[group]) return;
      this.members.set(~group, []);
      this.members.get(around(inside)).push(~group); // groups come after the one around them
    });
    this.around = new Map();
    for (const { number, group } of this.jobs) {
      if (only && !only.has(number)) continue;
      this.around.set(number, around(group));
      this.members.get(around(group)).push(number);
    }
    for (const [id, members] of this.members) for (const one of members) if (one < 0) this.around.set(one, id);
  }

  // Begin with few boxes, but with more than one or two; or with these groups open, as told() tells them.
  begin(told = "") {
    this.openAtFirst();
    this.first = null;
    this.first = this.told();
    if (!told || told === this.first) return;
    const wanted = told.split(".").map(Number).filter((group) => group in this.groups);
    this.open = new Set();
    for (const group of wanted) this.open.has(group) || this.toggle(group);
  }

  // A single box says nothing: it is opened even if it has many.
  openAtFirst() {
    const folded = (this.only?.size ?? this.jobs.length) > plan.folded_above;
    this.open = new Set(folded ? [] : this.groups.keys());
    while (folded && this.count() < FEWEST_AT_FIRST) {
      const most = this.count() === 1 ? MOST_FLAT : MOST_AT_FIRST;
      const closed = this.visible().filter((id) => id < 0 && this.members.get(id).length <= most);
      if (!closed.length) return;
      this.open.add(~closed.reduce((best, id) => (this.size[~id] > this.size[~best] ? id : best)));
    }
  }

  // The open groups for the address; "" if they are those of the beginning.
  told() {
    const told = [...this.open].sort((a, b) => a - b).join(".") || "none";
    return told === this.first ? "" : told;
  }

  isOpen(id) {
    return id < 0 && this.open.has(~id);
  }

  // What stands side by side inside a group, or at the top.
  inside(id) {
    const members = this.members.get(id);
    const madeUp = members.filter((one) => one < 0 && MADE_UP.includes(this.groups[~one].kind));
    if (!madeUp.length || !madeUp.every((one) => this.isOpen(one))) return members;
    const inner = madeUp.flatMap((one) => this.inside(one));
    if (inner.some((one) => one < 0 && MADE_UP.includes(this.groups[~one].kind))) return members;
    const flat = [...members.filter((one) => !madeUp.includes(one)), ...inner];
    return flat.length > MOST_FLAT ? members : flat;
  }

  // Everything that is drawn as a box.
  visible(id = ROOT) {
    return this.inside(id).flatMap((one) => (this.isOpen(one) ? this.visible(one) : [one]));
  }

  count() {
    return this.visible().length;
  }

  // For each job that is drawn or in a folded group, the way to its box: from the top, open groups first.
  ways() {
    const ways = new Map();
    const walk = (id, way) => {
      for (const one of this.inside(id)) {
        const further = [...way, one];
        if (this.isOpen(one)) walk(one, further);
        else for (const job of one < 0 ? this.jobsIn(one) : [one]) ways.set(job, further);
      }
    };
    walk(ROOT, []);
    return ways;
  }

  jobsIn(id) {
    return this.members.get(id).flatMap((one) => (one < 0 ? this.jobsIn(one) : [one]));
  }

  // Open or fold a group. False if there would be too many boxes.
  toggle(group) {
    if (this.open.delete(group)) return true;
    this.open.add(group);
    if (this.count() <= MOST_BOXES) return true;
    this.open.delete(group);
    return false;
  }

  foldAll() {
    this.open.clear();
  }

  // Open groups, the outermost first, as long as there is room; false if there was not enough for all.
  openAll() {
    return [...this.groups.keys()].every((group) => this.open.has(group) || this.toggle(group));
  }

  // Open what is around a job. If there is no room, everything else is folded.
  reveal(job) {
    const around = [];
    for (let at = this.around.get(job); at !== ROOT && at !== undefined; at = this.around.get(at)) around.unshift(~at);
    if (around.every((group) => this.open.has(group))) return false;
    for (const group of around) this.open.add(group);
    if (this.count() > MOST_BOXES) this.open = new Set(around);
    return true;
  }
}
