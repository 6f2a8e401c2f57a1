// ---- how high boxes and lines stand in their columns ------------------------------------------------------------------
// The order of each column comes in. Heights come from least squares along that order, which keeps a graph as tall as
// its largest column. A slot is the room of a box, or of a line that passes a column; `half` is half of its height,
// `before` and `after` are the slots that it is connected with, to its left and right; `y`, its middle, is set.
const SWEEPS = 24;
const LINE_GAP = 9;
const STRAIGHT = 4; // the weight of a passing line against that of a box: lines stay straight, boxes move

const balanceHeights = (columns, gap) => {
  const gaps = columns.map((column) => column.slice(1).map((slot, at) =>
    slot.half + column[at].half + (slot.half || column[at].half ? gap : LINE_GAP)));
  columns.forEach((column, number) => {
    let y = -gaps[number].reduce((sum, one) => sum + one, 0) / 2;
    column.forEach((slot, at) => (slot.y = y += at ? gaps[number][at - 1] : 0));
  });
  const mean = (slots) => slots.reduce((sum, { y }) => sum + y, 0) / slots.length;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (let at = 0; at < columns.length; at += 1) {
      const number = forth ? at : columns.length - 1 - at;
      const wishes = columns[number].map((slot) => {
        const near = sweep >= SWEEPS / 2 ? [...slot.before, ...slot.after] : forth ? slot.before : slot.after;
        return near.length ? mean(near) : slot.y;
      });
      spaceOut(columns[number], wishes, gaps[number]);
    }
  }
};
// Set the heights nearest to the wishes, in the same order and with at least these gaps. Nearest by weighted least
// squares: neighbours that are too close form a block at the mean of its members' wishes (pool adjacent violators,
// M. Ayer et al., Annals of Mathematical Statistics 1955, volume 26, page 641).
const spaceOut = (slots, wishes, gaps) => {
  const offsets = [0];
  for (const gap of gaps) offsets.push(offsets.at(-1) + gap);
  const blocks = [];
  slots.forEach(({ half }, at) => {
    let block = { weight: half ? 1 : STRAIGHT, mean: wishes[at] - offsets[at], members: 1 };
    while (blocks.length && blocks.at(-1).mean >= block.mean) {
      const other = blocks.pop();
      const weight = block.weight + other.weight;
      block = { weight, mean: (block.mean * block.weight + other.mean * other.weight) / weight, members: block.members + other.members };
    }
    blocks.push(block);
  });
  let at = 0;
  for (const { mean, members } of blocks) for (let one = 0; one < members; one += 1, at += 1) slots[at].y = mean + offsets[at];
};
