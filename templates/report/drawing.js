// ---- drawing: the numbers over time, and the lanes, each on a canvas; only what is seen is drawn -----------------
const LANE = 18;
const narrow = matchMedia("(max-width: 760px)");
const longest = (names) => names.reduce((most, name) => Math.max(most, name.length), 0);
const letters = Math.max(folded ? 0 : longest(jobs.map(({ name }) => name)), longest([...groups.values()].map(({ name, jobs: all }) => `> ${name} (${all.length})`)));
const nameRoom = () => Math.min(narrow.matches ? 132 : 230, Math.max(narrow.matches ? 100 : 140, 26 + 6.8 * letters));
const lanes = byId("lanes");
const bars = byId("bars");
const slots = byId("slots");
const COLOURS = ["parents", "capacity", "starting", "waiting", "running", "failed", "cancelled", "critical", "band", "rule", "text", "muted", "accent", "surface", "added"];
let colour = {};
const readColours = () => {
  const probe = el("span", { hidden: "" });
  document.body.append(probe);
  for (const name of COLOURS) {
    probe.style.color = `var(--${name})`;
    colour[name] = getComputedStyle(probe).color;
  }
  probe.remove();
};
const font = (size, weight = "") => `${weight} ${size}px ${getComputedStyle(document.documentElement).getPropertyValue("--mono") || "monospace"}`;
let mono = "11px monospace";
let bold = "bold 11px monospace";
let small = "11px sans-serif";

const prepare = (canvas, width, height) => {
  const dense = Math.min(devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(height * dense)) {
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
};
let left = 0; // where the timeline begins, right of the names
let width = 0;
const x = (at) => left + ((at - state.from) / (state.to - state.from)) * (width - left);
const timeAt = (px) => state.from + ((px - left) / Math.max(1, width - left)) * (state.to - state.from);

// Draw steps as one shape; of many changes within one pixel, the highest counts.
const steps = (pen, times, numbers, top, height, most, closed) => {
  let at = times.findLastIndex((one) => one <= state.from);
  let number = at < 0 ? 0 : numbers[at];
  const y = (one) => top + height - (one / Math.max(1, most)) * height;
  pen.beginPath();
  if (closed) pen.moveTo(left, y(0));
  pen.lineTo(left, y(number));
  for (at += 1; at < times.length && times[at] <= state.to; ) {
    const px = Math.round(x(times[at]) * 2) / 2;
    let highest = number;
    pen.lineTo(px, y(number));
    while (at < times.length && Math.round(x(times[at]) * 2) / 2 === px) {
      number = numbers[at];
      highest = Math.max(highest, number);
      at += 1;
    }
    pen.lineTo(px, y(highest));
    if (highest > number && closed) pen.lineTo(px + 1, y(highest)); // what is shorter than a pixel is seen, too
    pen.lineTo(highest > number && closed ? px + 1 : px, y(number));
  }
  pen.lineTo(width, y(number));
  if (closed) pen.lineTo(width, y(0));
};

const drawSlots = () => {
  const height = 96;
  const pen = prepare(slots, width, height);
  const { times, running, waiting } = report.slots;
  const [top, bottom] = [16, height - 20];
  const most = (numbers) => numbers.reduce((one, other) => Math.max(one, other), 0);
  const shown = [[most(running), colour.running, "running"], [most(waiting), colour.capacity, "waiting"]]; // each to its own scale
  const [found, step] = ticks(state.from, state.to, Math.max(2, (width - left) / 90));
  pen.font = small;
  pen.textBaseline = "alphabetic";
  pen.textAlign = "center";
  for (const at of found) {
    pen.fillStyle = colour.rule;
    pen.fillRect(Math.round(x(at)), top, 1, bottom - top);
    pen.fillStyle = colour.muted;
    const words = tickWords(at, step);
    if (at >= 0) pen.fillText(words, Math.min(width - pen.measureText(words).width / 2 - 2, x(at)), height - 6);
  }
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width - left, height);
  pen.clip();
  steps(pen, times, running, top, bottom - top, shown[0][0], true);
  pen.globalAlpha = 0.55;
  pen.fillStyle = colour.running;
  pen.fill();
  pen.globalAlpha = 1;
  steps(pen, times, waiting, top, bottom - top, shown[1][0], false);
  pen.strokeStyle = colour.capacity;
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.restore();
  pen.textAlign = "left";
  shown.forEach(([number, paint, word], line) => {
    pen.fillStyle = paint;
    pen.fillText(narrow.matches ? `${word} ≤ ${number.toLocaleString("en")}` : `at most ${number.toLocaleString("en")} ${word}`, 6, top + 14 + 16 * line);
  });
};

const NARROW = 5; // pixels
const HEIGHTS = { parents: 3, waiting: 3, capacity: 6, starting: 6, running: 11 };
const barColour = (one, phase) => {
  if (phase !== "running") return colour[phase];
  if (one.outcome === "failed") return colour.failed;
  return one.outcome === "cancelled" ? colour.cancelled : colour.running;
};
const drawBar = (pen, one, interval, middle) => {
  const [number, from, to, open] = interval;
  if (to < state.from || from > state.to) return;
  const phase = PHASES[number];
  const [begin, end] = [Math.max(left, x(from)), Math.min(width, x(to))];
  const across = Math.max(1, end - begin);
  const height = HEIGHTS[phase];
  pen.fillStyle = barColour(one, phase);
  if (open) {
    const fading = pen.createLinearGradient(begin, 0, begin + across, 0);
    fading.addColorStop(0, pen.fillStyle);
    fading.addColorStop(1, colour.surface);
    pen.fillStyle = fading;
  }
  pen.fillRect(begin, middle - height / 2, across, height);
  if (phase === "running" && isCritical(one)) {
    if (across < NARROW) { // a frame would hide what it frames
      pen.fillStyle = colour.critical;
      for (const y of [middle - height / 2 - 2, middle + height / 2]) pen.fillRect(begin - 1, y, across + 2, 2);
      return;
    }
    pen.strokeStyle = colour.critical;
    pen.lineWidth = 2;
    pen.strokeRect(begin, middle - height / 2 - 1, across, height + 2);
  }
};
const cut = new Map();
const fitted = (pen, text, room) => {
  const key = `${room} ${pen.font} ${text}`;
  if (!cut.has(key)) {
    const letter = pen.measureText("m").width;
    cut.set(key, shortened(text, Math.max(3, Math.floor(room / letter))));
  }
  return cut.get(key);
};

const drawLanes = () => {
  const seen = lanes.clientHeight;
  const pen = prepare(bars, width, seen);
  const top = lanes.scrollTop;
  const first = Math.max(0, Math.floor(top / LANE));
  const last = Math.min(rows.length, Math.ceil((top + seen) / LANE));
  const [found] = ticks(state.from, state.to, Math.max(2, (width - left) / 90));
  const grouped = rows.some(({ group }) => group);
  pen.textBaseline = "middle";
  for (let at = first; at < last; at += 1) {
    const { job, group, open, shown } = rows[at];
    const y = at * LANE - top;
    if (at === state.row || (job && job.number === state.job)) {
      pen.globalAlpha = 0.18;
      pen.fillStyle = colour.accent;
      pen.fillRect(0, y, width, LANE);
      pen.globalAlpha = 1;
    } else if (group) {
      pen.fillStyle = colour.band;
      pen.fillRect(0, y, width, LANE);
    }
    if (group) {
      pen.font = bold;
      pen.fillStyle = group.failed ? colour.failed : colour.text;
      pen.fillText(fitted(pen, `${open ? "▾" : "▸"} ${group.name} (${shown.toLocaleString("en")})`, left - 12), 6, y + LANE / 2 + 1);
    } else {
      const indent = grouped ? 16 : 6;
      pen.font = job.critical ? bold : mono;
      const odd = job.state === "FAILED" || job.state === "LOST";
      pen.fillStyle = odd ? colour.failed : job.state === "NOT_RUN" || !job.attempts.length ? colour.muted : colour.text;
      const sign = odd ? "✗ " : job.state === "NOT_RUN" ? "– " : "";
      pen.fillText(fitted(pen, `${sign}${job.name}`, left - indent - 8), indent, y + LANE / 2 + 1);
    }
  }
  pen.fillStyle = colour.rule;
  for (const at of found) pen.fillRect(Math.round(x(at)), 0, 1, seen);
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width - left, seen);
  pen.clip();
  for (let at = first; at < last; at += 1) {
    const { job, group } = rows[at];
    const y = at * LANE - top;
    if (group) {
      steps(pen, group.times, group.running, y + 2, LANE - 4, group.most, true);
      pen.fillStyle = colour.running;
      pen.globalAlpha = 0.6;
      pen.fill();
      pen.globalAlpha = 1;
    } else for (const one of job.attempts) for (const interval of one.intervals) drawBar(pen, one, interval, y + LANE / 2);
  }
  drawPath(pen, top, seen);
  pen.restore();
  if (dragged) {
    pen.globalAlpha = 0.25;
    pen.fillStyle = colour.accent;
    pen.fillRect(Math.min(dragged.from, dragged.to), 0, Math.abs(dragged.to - dragged.from), seen);
    pen.globalAlpha = 1;
  }
};
// Link each job of the critical path to the one after it, where both have a lane.
const drawPath = (pen, top, seen) => {
  pen.strokeStyle = colour.critical;
  pen.lineWidth = 1;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  report.path.slice(1).forEach((step, number) => {
    const before = report.path[number];
    const [a, b] = [rowOfJob.get(before.job), rowOfJob.get(step.job)];
    if (a === undefined || b === undefined || a === b) return;
    const [from, to] = [a * LANE + LANE / 2 - top, b * LANE + LANE / 2 - top];
    if (Math.max(from, to) < 0 || Math.min(from, to) > seen) return;
    const at = Math.round(x(before.end)) + 0.5;
    pen.moveTo(at, from);
    pen.lineTo(at, to);
  });
  pen.stroke();
  pen.setLineDash([]);
};

let waiting = 0;
let dragged = null;
const draw = () => {
  if (!bars || waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    drawSlots();
    drawLanes();
    Object.assign(lanes.dataset, { from: state.from.toFixed(3), to: state.to.toFixed(3), rows: rows.length, lane: LANE, left });
  });
};
const measure = () => {
  if (!bars) return;
  readColours();
  [mono, bold, small] = [font(11), font(11, "bold"), "11px system-ui, sans-serif"];
  byId("room").style.height = `${Math.max(rows.length, 1) * LANE}px`;
  width = lanes.clientWidth;
  left = nameRoom();
  cut.clear();
  draw();
};
