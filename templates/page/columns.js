// ---- boxes in columns -----------------------------------------------------------------------------------------------
// Columns, and what is a line backwards, are decided here. dagre orders the columns so that few lines cross; their heights
// are balanced along that order.
const COLUMN_GAP = 56;
const WIDEST_COLUMN_GAP = 260;
const STEEPNESS = 0.15; // the additional width between two columns for each pixel that a line climbs there
const MOST_FOR_DAGRE = 1000; // lines between two columns: more take it seconds
// Columns of boxes, each right of those that it depends on. Where boxes depend on each other in a circle, the earliest by
// its level stands first, and the lines that then lead backwards are returned. `close`: boxes that depend on nothing stand
// beside those that depend on them, not at the beginning.
const columnsOf = (ids, lines, levelOf, close) => {
  const order = orderOf(ids, lines, levelOf);
  const backwards = new Set();
  const before = new Map(ids.map((id) => [id, []]));
  const after = new Map(ids.map((id) => [id, []]));
  for (const { from, to } of lines) {
    const isBack = order.get(from) > order.get(to);
    if (isBack) backwards.add(`${from}>${to}`);
    const [left, right] = isBack ? [to, from] : [from, to];
    before.get(right).push(left);
    after.get(left).push(right);
  }
  const column = new Map();
  for (const id of order.keys()) column.set(id, Math.max(-1, ...before.get(id).map((one) => column.get(one))) + 1);
  if (close) for (const id of ids) if (!before.get(id).length && after.get(id).length) column.set(id, Math.min(...after.get(id).map((one) => column.get(one))) - 1);
  return { column, backwards };
};
// Split columns that are higher than the window into several with as many boxes each, as long as there is room beside
// them: boxes of one column depend on none of the same. Return the number of columns, and pairs of boxes that may stand in
// one row: the lines of the left one then pass between those of the right one.
const splitHigh = (column, ids, lines, columns, sizes, [roomAcross, roomDown]) => {
  const inColumn = Array.from({ length: columns }, () => []);
  for (const id of ids) inColumn[column.get(id)].push(id);
  const parts = inColumn.map(() => 1);
  const heights = inColumn.map((members) => members.reduce((sum, id) => sum + sizes.get(id)[1] + GAP, 0));
  const widths = inColumn.map((members) => Math.max(0, ...members.map((id) => sizes.get(id)[0])) + COLUMN_GAP);
  let left = roomAcross - widths.reduce((sum, width) => sum + width, 0);
  for (;;) {
    const height = (number) => heights[number] / parts[number];
    const highest = parts.reduce((best, _, number) => (height(number) > height(best) ? number : best), 0);
    left -= widths[highest];
    if (height(highest) <= roomDown || left < 0 || parts[highest] === inColumn[highest].length) break;
    parts[highest] += 1;
  }
  const [parents, children] = [new Set(lines.map(({ to }) => to)), new Set(lines.map(({ from }) => from))];
  const side = (id) => children.has(id) - parents.has(id); // few lines pass a part
  const beside = [];
  let first = 0;
  inColumn.forEach((members, number) => {
    const size = Math.ceil(members.length / parts[number]);
    if (parts[number] > 1) members.sort((a, b) => side(a) - side(b));
    members.forEach((id, at) => {
      column.set(id, first + Math.floor(at / size));
      if (at >= size) beside.push([members[at - size], id]);
    });
    first += Math.ceil(members.length / size);
  });
  return { columns: first, beside };
};
// Number boxes so that those come first that others depend on.
const orderOf = (ids, lines, levelOf) => {
  const waitsFor = new Map(ids.map((id) => [id, new Set()]));
  const needed = new Map(ids.map((id) => [id, []]));
  for (const { from, to } of lines) {
    waitsFor.get(to).add(from);
    needed.get(from).push(to);
  }
  const order = new Map();
  const left = new Set(ids);
  const ready = ids.filter((id) => !waitsFor.get(id).size);
  const above = (id) => {
    const found = new Set(waitsFor.get(id));
    for (const one of found) for (const parent of waitsFor.get(one)) found.add(parent);
    return found;
  };
  const firstOfCircle = () => { // of a circle that waits for no other
    let [id] = left;
    let circle = above(id);
    for (let outside; (outside = [...circle].find((one) => !above(one).has(id))) !== undefined; ) [id, circle] = [outside, above(outside)];
    return [...circle].reduce((best, one) => (levelOf(one) < levelOf(best) ? one : best));
  };
  while (left.size) {
    const id = ready.pop() ?? firstOfCircle();
    if (!left.delete(id)) continue;
    order.set(id, order.size);
    for (const child of needed.get(id)) {
      waitsFor.get(child).delete(id);
      if (!waitsFor.get(child).size && left.has(child)) ready.push(child);
    }
    waitsFor.get(id).clear();
  }
  return order;
};

// Where boxes are, and where each line passes other columns. Lines of one box share their way past a column.
const inColumns = (ids, lines, sizes, { column, columns, beside, backwards, passes }) => {
  const columnAt = new Map([...ids.map((id) => [`${id}`, column.get(id)]), [BEGIN, -1], [END, columns]]);
  const slots = new Map();
  const slotOf = (id, at, half) => {
    if (!slots.has(id)) slots.set(id, { id, half, column: at, before: [], after: [] });
    return slots.get(id);
  };
  for (const id of ids) slotOf(`${id}`, column.get(id), sizes.get(id)[1] / 2);
  const ways = [];
  const pieces = new Map();
  for (const { from, to } of lines) {
    const [v, w] = (backwards.has(`${from}>${to}`) ? [to, from] : [from, to]).map(String);
    if (!columnAt.has(v) || !columnAt.has(w)) continue;
    const [start, end] = [v, w].map((id) => slotOf(id, columnAt.get(id), 0));
    const way = [];
    for (let at = start.column + 1; at < end.column; at += 1) way.push(slotOf(`${v}@${at}`, at, 0));
    ways.push([`${v}>${w}`, start, way]);
    [start, ...way, end].reduce((left, right) => (pieces.set(`${left.id}>${right.id}`, [left, right]), right));
  }
  for (const [left, right] of pieces.values()) (left.after.push(right), right.before.push(left));
  (pieces.size > MOST_FOR_DAGRE ? orderByMeans : orderWithDagre)(slots, columns, beside);
  const ranks = ranksOf(slots, columns);
  balanceHeights(ranks, GAP);
  const top = Math.min(...[...slots.values()].map(({ y, half }) => y - half));
  const widths = ranks.slice(1, -1).map((rank) => Math.max(...rank.map(({ id }) => sizes.get(+id)?.[0] ?? 0)));
  const lefts = leftsOf(ranks, widths);
  const at = new Map(ids.map((id) => {
    const [w, h] = sizes.get(id);
    const number = column.get(id);
    return [id, { x: lefts[number], y: slots.get(`${id}`).y - h / 2 - top, w, h }];
  }));
  const past = (slot, from = lefts[slot.column]) => [from, lefts[slot.column] + widths[slot.column], slot.y - top];
  for (const [key, start, way] of ways) {
    const beside = start.half && sizes.get(+start.id)[0] < widths[start.column]; // a wider frame stands in its column
    passes.set(key, [...(beside ? [past(start, lefts[start.column] + sizes.get(+start.id)[0])] : []), ...way.map((slot) => past(slot))]);
  }
  const bottom = Math.max(...[...slots.values()].map(({ y, half }) => y + half));
  const port = (id) => (slots.has(id) ? slots.get(id).y - top : undefined);
  return { at, size: [lefts.at(-1) + widths.at(-1), bottom - top], ports: { [BEGIN]: port(BEGIN), [END]: port(END) } };
};
const ranksOf = (slots, columns) => {
  const ranks = Array.from({ length: columns + 2 }, () => []);
  for (const slot of slots.values()) ranks[slot.column + 1].push(slot);
  for (const rank of ranks) rank.sort((a, b) => a.y - b.y);
  return ranks;
};
// Set the heights of slots so that few lines cross.
const orderWithDagre = (slots, columns, beside) => {
  const graph = new dagre.graphlib.Graph().setDefaultEdgeLabel(() => ({}));
  graph.setGraph({ rankdir: "LR", nodesep: GAP, edgesep: LINE_GAP, ranksep: COLUMN_GAP, ranker: (own) => {
    for (const id of own.nodes()) own.node(id).rank = 2 * (slots.get(id)?.column ?? -1); // dagre needs a rank between two
  } });
  for (const { id, half } of slots.values()) graph.setNode(id, { width: 1, height: 2 * half });
  for (const { id, after } of slots.values()) for (const right of after) graph.setEdge(id, right.id);
  for (const [left, right] of beside) graph.setEdge(`${left}`, `${right}`, { weight: 0.01 }); // less than any line
  dagre.layout(graph);
  for (const slot of slots.values()) slot.y = graph.node(slot.id).y;
};
// The same for graphs that would take dagre seconds: each slot to the mean place of its neighbours, to and fro.
const orderByMeans = (slots, columns) => {
  let place = 0;
  for (const slot of slots.values()) slot.y = place++;
  const ranks = ranksOf(slots, columns);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (const rank of forth ? ranks : [...ranks].reverse()) {
      const mean = new Map(rank.map((slot) => {
        const near = forth ? slot.before : slot.after;
        return [slot, near.length ? near.reduce((sum, { y }) => sum + y, 0) / near.length : slot.y];
      }));
      rank.sort((a, b) => mean.get(a) - mean.get(b)).forEach((slot, at) => (slot.y = at));
    }
  }
};
// The left edge of each column; the gap is wider where lines climb.
const leftsOf = (ranks, widths) => {
  const lefts = [0];
  for (let number = 1; number < widths.length; number += 1) {
    const climb = Math.max(0, ...ranks[number + 1].flatMap(({ y, before }) => before.map((left) => Math.abs(left.y - y))));
    lefts.push(lefts.at(-1) + widths[number - 1] + Math.min(WIDEST_COLUMN_GAP, Math.max(COLUMN_GAP, STEEPNESS * climb)));
  }
  return lefts;
};
