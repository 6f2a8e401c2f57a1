// ---- where boxes and lines are --------------------------------------------------------------------------------------
// Each open group is arranged by itself, then stands as one large box inside the group around it: opening a group moves
// others aside and leaves their order. Its lines to the outside meet at one point of its frame on each side.
const GAP = 14;
const FRAME = { top: 34, side: 22, bottom: 16 };
const ROW_GAP = 34;
const BEGIN = "in";
const END = "out";
const keyOf = (around, from, to) => `${around}:${from}>${to}`;

// Collect what depends on what: for each group that is open, the lines between those that stand in it, and to its frame.
const collectLines = (ways, jobs, fate, isLongest) => {
  const lines = new Map();
  const add = (around, from, to, pair) => {
    const key = keyOf(around, from, to);
    if (!lines.has(key)) lines.set(key, { around, from, to, pairs: [] });
    lines.get(key).pairs.push(pair);
  };
  for (const [child, to] of ways) {
    const { parents, lost } = jobs[child];
    for (const parent of [...parents, ...lost]) {
      const from = ways.get(parent);
      if (from) for (const line of lineParts(from, to)) add(...line, [parent, child]);
    }
  }
  for (const line of lines.values()) {
    const fates = new Set(line.pairs.map(([parent, child]) => fate(parent, child)));
    line.fate = fates.size === 1 ? [...fates][0] : "";
    line.longest = line.pairs.some(([parent, child]) => isLongest(parent, child));
  }
  return lines;
};
// The parts of a dependency: out of the groups around the parent, across, and into those around the child.
const lineParts = (from, to) => {
  let shared = 0;
  while (shared < Math.min(from.length, to.length) && from[shared] === to[shared]) shared += 1;
  if (shared === from.length) return []; // inside of one folded group
  const parts = [[shared ? from[shared - 1] : ROOT, from[shared], to[shared]]];
  for (let at = shared + 1; at < from.length; at += 1) parts.push([from[at - 1], from[at], END]);
  for (let at = shared + 1; at < to.length; at += 1) parts.push([to[at - 1], BEGIN, to[at]]);
  return parts;
};

// Arrange boxes in rows; each row is as high as its highest box.
const inRows = (ids, sizes, width, gap) => {
  const at = new Map();
  let [x, y, high, wide] = [0, 0, 0, 0];
  for (const id of ids) {
    const [w, h] = sizes.get(id);
    if (x && x + w > width) [x, y, high] = [0, y + high + gap[1], 0];
    at.set(id, { x, y, w, h });
    wide = Math.max(wide, x + w);
    high = Math.max(high, h);
    x += w + gap[0];
  }
  return { at, size: [wide, y + high] };
};

// Arrange what stands in one group: where each box is, how large all is, and where each line passes other columns.
const arrangeInside = (ids, lines, sizes, levelOf, close, room) => {
  const across = lines.filter(({ from, to }) => from !== BEGIN && to !== END);
  const { column, backwards } = columnsOf(ids, across, levelOf, close);
  const joined = new Set(across.flatMap(({ from, to }) => [from, to]));
  const alone = ids.filter((id) => !joined.has(id));
  const levels = Math.max(-1, ...[...joined].map((id) => column.get(id))) + 1;
  const chain = joined.size > 8 && levels === joined.size;
  const passes = new Map();
  let [at, size, ports] = [new Map(), [0, 0], {}];
  if (chain) {
    const order = [...joined].sort((a, b) => column.get(a) - column.get(b));
    ({ at, size } = inRows(order, sizes, room[0], [COLUMN_GAP, ROW_GAP]));
  } else if (joined.size) {
    const split = splitHigh(column, [...joined], across, levels, sizes, room);
    ({ at, size, ports } = inColumns([...joined], lines, sizes, { column, ...split, backwards, passes }));
  }
  if (alone.length) {
    const area = alone.reduce((sum, id) => sum + (sizes.get(id)[0] + GAP) * (sizes.get(id)[1] + GAP), 0);
    alone.sort((a, b) => sizes.get(a)[1] - sizes.get(b)[1]); // no large frame makes a row high for all
    const rows = inRows(alone, sizes, Math.max(size[0], Math.sqrt(area * 2)), [GAP, GAP]);
    const down = joined.size ? size[1] + 2 * GAP : 0;
    for (const [id, place] of rows.at) at.set(id, { ...place, y: place.y + down });
    size = [Math.max(size[0], rows.size[0]), down + rows.size[1]];
  }
  const quiet = ({ from, to }) => // lines that say little: to the frame from boxes that stand alone, past boxes of a chain
    from === BEGIN ? chain || !joined.has(to) : to === END ? chain || !joined.has(from) : chain && Math.abs(column.get(to) - column.get(from)) > 1;
  return { at, size, passes, ports, backwards, quiet };
};
// Arrange everything that is drawn: boxes and frames with their places, and the paths of the lines. `room` is that of the
// window: a long chain is broken into rows, and a high column is split.
const arrange = (folds, jobs, fate, isLongest, room = [1400, 800]) => {
  const ways = folds.ways();
  const lines = collectLines(ways, jobs, fate, isLongest);
  const linesIn = new Map();
  for (const line of lines.values()) {
    if (!linesIn.has(line.around)) linesIn.set(line.around, []);
    linesIn.get(line.around).push(line);
  }
  const levels = new Map(); // of a group, the mean of its jobs
  const levelOf = (id) => {
    if (id >= 0) return jobs[id].level;
    if (!levels.has(id)) levels.set(id, folds.jobsIn(id).reduce((sum, job) => sum + jobs[job].level, 0) / folds.jobsIn(id).length);
    return levels.get(id);
  };
  const arranged = new Map();
  const measure = (id) => {
    const ids = folds.inside(id);
    const sizes = new Map(ids.map((one) => [one, folds.isOpen(one) ? measure(one) : [WIDTH, HEIGHT]]));
    const found = arrangeInside(ids, linesIn.get(id) ?? [], sizes, levelOf, folds.only !== null, room);
    arranged.set(id, found);
    return [found.size[0] + 2 * FRAME.side, found.size[1] + FRAME.top + FRAME.bottom];
  };
  measure(ROOT);
  const scene = { size: arranged.get(ROOT).size, boxes: new Map(), frames: [], lines: [], ways };
  const place = (id, left, top, frame) => {
    const { at, passes, ports, backwards, quiet } = arranged.get(id);
    for (const [one, { x, y, w, h }] of at) {
      if (!folds.isOpen(one)) scene.boxes.set(one, { x: left + x, y: top + y });
      else {
        scene.frames.push({ group: ~one, x: left + x, y: top + y, w, h });
        place(one, left + x + FRAME.side, top + y + FRAME.top, { x: left + x, y: top + y, w, h });
      }
    }
    const sideOf = (one, side) => {
      if (one === BEGIN) return [frame.x, ports[BEGIN] === undefined ? frame.y + frame.h / 2 : top + ports[BEGIN]];
      if (one === END) return [frame.x + frame.w, ports[END] === undefined ? frame.y + frame.h / 2 : top + ports[END]];
      const { x, y, w, h } = at.get(one);
      return [left + x + (side === "right" ? w : 0), top + y + (folds.isOpen(one) ? portHeight(one, side) : h / 2)];
    };
    const portHeight = (one, side) => {
      const port = arranged.get(one).ports[side === "right" ? END : BEGIN];
      return port === undefined ? at.get(one).h / 2 : FRAME.top + port;
    };
    for (const line of linesIn.get(id) ?? []) {
      const back = backwards.has(`${line.from}>${line.to}`);
      const [a, b] = back ? [line.to, line.from] : [line.from, line.to];
      const through = (passes.get(`${a}>${b}`) ?? []).map(([from, to, y]) => [left + from, left + to, top + y]);
      const parts = routeOf(sideOf(a, "right"), through, sideOf(b, "left"), top + (at.get(b)?.y ?? 0) - ROW_GAP / 2);
      scene.lines.push({ ...line, back, quiet: quiet(line), parts });
    }
  };
  place(ROOT, 0, 0, null);
  return scene;
};
// A line as pieces of a path, each with where it begins: curves between columns, straight past them.
const routeOf = ([startX, startY], through, [endX, endY], betweenRows) => {
  const parts = [];
  let [x, y] = [startX, startY];
  if (endX <= startX) return [[endX, toNextRow(startX, startY, endX, endY, betweenRows)]];
  const curve = (toX, toY) => {
    const bend = (toX - x) / 2;
    parts.push([x, `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`]);
  };
  for (const [left, right, height] of through) {
    curve(left, height);
    parts.push([left, `M${left} ${height}H${right}`]);
    [x, y] = [right, height];
  }
  curve(endX, endY);
  return parts;
};
// From the end of a row to the beginning of the next one.
const toNextRow = (startX, startY, endX, endY, between) => {
  const round = 10;
  return `M${startX} ${startY}h4q${round} 0 ${round} ${round}V${between - round}q0 ${round} ${-round} ${round}H${endX - 4}` +
    `q${-round} 0 ${-round} ${round}V${endY - round}q0 ${round} ${round} ${round}h4`;
};
