// ---- boxes: jobs, folded groups, and the neighbours of one job ------------------------------------------------------
const joinWords = (words) => words.filter(Boolean).join(" · ");
const MONO = getComputedStyle(document.documentElement).getPropertyValue("--mono");
const SANS = 'system-ui, "DejaVu Sans", sans-serif';
const FONTS = { job: [`11.5px ${MONO}`, `10.5px ${SANS}`], group: [`600 12.5px ${MONO}`, `11.5px ${SANS}`] }; // of page.css and drawing.css
const SQUEEZED = 0.85; // the least share of its width that a line is squeezed to
const measuring = document.createElement("canvas").getContext("2d");
const widthOf = (text, font) => ((measuring.font = font), measuring.measureText(text).width);
// A text, shortened until it is no wider than this. It is measured, as letters of some scripts are twice as wide.
const fitting = (text, width, font) => {
  let shown = text;
  for (let room = text.length, wide; room > 2 && (wide = widthOf(shown, font)) > width; shown = shortened(text, room)) {
    room = Math.min(room - 1, Math.ceil((room * width) / wide));
  }
  return shown;
};
// A small line of a box: squeezed a little before anything of it is left out.
const smallLine = (text, x, y, width, font) => {
  const shown = fitting(text, width / SQUEEZED, font);
  const squeezed = widthOf(shown, font) > width ? { textLength: width, lengthAdjust: "spacingAndGlyphs" } : {};
  return svg("text", { class: "small", x, y, ...squeezed }, shown);
};
const boxElement = (attributes, x, y, title, sign, texts) => {
  const indent = sign ? 26 : 9;
  const room = WIDTH - indent - 6;
  const [nameFont, smallFont] = FONTS[attributes["data-group"] === undefined ? "job" : "group"];
  const [name, ...small] = texts;
  const rows = attributes["data-group"] === undefined ? [18, 34, 48] : [17, 32, 45]; // groups have bars at the bottom
  return svg("g", { ...attributes, transform: `translate(${x} ${y})`, role: "button" },
    svg("title", {}, title),
    attributes["data-group"] === undefined ? "" : svg("rect", { class: "behind", x: 4, y: 4, width: WIDTH, height: HEIGHT }),
    svg("rect", { width: WIDTH, height: HEIGHT }),
    sign ? svg("text", { class: "sign", x: 14, y: HEIGHT / 2 }, sign) : "",
    svg("text", { class: "name", x: indent, y: rows[0] }, fitting(name, room, nameFont)),
    small.filter(Boolean).map((text, row) => typeof text === "string"
      ? smallLine(text, indent, rows[row + 1], room, smallFont) : svg("text", { class: "small", x: indent, y: rows[row + 1] }, text)));
};
// Of a queue's ARN, a box shows the name alone; where it is from is in the details and the legend.
const shortQueue = (queue) => queue.replace(/^arn:.*\//u, "…/");
const jobBox = (number, x, y) => {
  const job = jobs[number];
  const nodes = job.nodes.length === 1 ? "" : count(job.nodes.length, "node");
  const { words, queue } = job.settings;
  const said = [job.risky && "risk", job.own || (job.kind && "changed in common"), job.name, `level ${job.level}`, nodes, words, queue && `queue ${queue}`].filter(Boolean).join(", ");
  const marks = [job.own, job.kind && !job.own ? "common" : "", onPath.has(number) ? "longest" : "", job.settings.gpus ? "gpu" : "", job.risky ? "risky" : ""];
  return boxElement({ class: `job ${joinClasses(marks)} ${coloursOf([job])}`, "data-job": number, "aria-label": said }, x, y,
    job.change?.before ? `${job.change.before} -> ${job.name}` : job.name, `${SIGNS[job.own] ?? ""}${job.risky ? "!" : ""}`, [job.name, words || "set by the job definition", joinWords([nodes, shortQueue(queue)])]);
};
const joinClasses = (names) => names.filter(Boolean).join(" ");
const onPath = new Set(plan.path);
const follows = new Map(plan.path.slice(1).map((job, number) => [job, plan.path[number]]));
const isLongest = (parent, child) => follows.get(child) === parent;

const groupName = (folds, id) => { // inside of a.b, a.b.c is c
  const { name } = plan.groups[~id];
  const around = folds.around.get(id) === ROOT ? "" : `${plan.groups[~folds.around.get(id)].name}.`;
  return around && name.startsWith(around) ? name.slice(around.length) : name;
};
const spokenName = ({ kind, name }) => (name.startsWith(kind) ? name : `${kind} ${name}`); // "level 1" says it already
const jobsShown = (folds, group) => {
  const [all] = plan.groups[group].words;
  return folds.size[group] === folds.total[group] ? all : `${folds.size[group].toLocaleString("en")} of ${all}`;
};
const changesIn = (group) => Object.keys(SIGNS).filter((kind) => group.changes[kind]);
const groupBox = (folds) => (id, x, y) => {
  const group = plan.groups[~id];
  const members = folds.jobsIn(id);
  const amounts = group.words[1];
  const some = jobsShown(folds, ~id);
  const numbers = new Map();
  for (const job of members) numbers.set(jobs[job].settings.queue, (numbers.get(jobs[job].settings.queue) ?? 0) + 1);
  const queues = [...numbers.keys()].sort((a, b) => numbers.get(b) - numbers.get(a)); // as in the legend
  const kinds = changesIn(group);
  const risky = members.filter((job) => jobs[job].risky).length;
  const marked = [...kinds.map((kind) => [kind, SIGNS[kind], group.changes[kind]]), ...(risky ? [["risky", "!", risky]] : [])];
  const counts = marked.map(([, sign, number]) => `  ${sign}${number.toLocaleString("en")}`);
  const room = WIDTH - 32 - widthOf(`${some} · `, FONTS.group[1]) - widthOf(counts.join(""), `bold ${FONTS.group[1]}`);
  const all = queues.map(shortQueue).join(", ");
  const inShort = queues.length > 1 && widthOf(all, FONTS.group[1]) > room ? count(queues.length, "queue") : fitting(all, room, FONTS.group[1]);
  const said = [spokenName(group), some, amounts, `${queues.length === 1 ? "queue" : "queues"} ${queues.join(" ")}`, ...kinds.map((kind) => `${group.changes[kind]} ${kind}`), risky && `${risky} with a risk`].filter(Boolean).join(", ");
  const signs = marked.map(([kind], number) => svg("tspan", { class: kind }, counts[number]));
  const marks = ["job group", members.some((job) => onPath.has(job)) ? "longest" : "", group.gpus ? "gpu" : "", risky ? "risky" : "", kinds.length ? "differs" : "", kinds.find((kind) => group.changes[kind] === folds.total[~id]) ?? ""];
  const attributes = { class: `${joinClasses(marks)} ${coloursOf(members.map((job) => jobs[job]))}`, "data-group": ~id, "aria-label": said, "aria-expanded": false };
  const drawn = boxElement(attributes, x, y, `${group.name}\n${[some, amounts, ...queues].filter(Boolean).join("\n")}`, "▸",
    [groupName(folds, id), [svg("tspan", { class: "count" }, some), signs, ` · ${inShort}`], amounts]);
  // Last, how many matches of a search are in it.
  drawn.append(...shares(members.map((job) => jobs[job])), svg("text", { class: "found", x: WIDTH, y: -3 }));
  return drawn;
};
const frameElement = (folds) => ({ group, x, y, w, h }) => {
  const { name } = plan.groups[group];
  const some = jobsShown(folds, group);
  const text = fitting(`▾ ${groupName(folds, ~group)} · ${some}`, w - 20, FONTS.group[0]);
  return svg("g", { class: "frame", transform: `translate(${x} ${y})` }, svg("rect", { class: "around", width: w, height: h }),
    svg("g", { class: "header", "data-group": group, role: "button", tabindex: -1, "aria-expanded": true, "aria-label": `${spokenName(plan.groups[group])}, ${some}` },
      svg("title", {}, `Fold ${name}`), svg("rect", { width: w, height: 26 }), svg("text", { x: 10, y: 18, "data-last": w - 10 - widthOf(text, FONTS.group[0]) }, text)));
};

// A line to the left, with a head there: of boxes that depend on each other in a circle.
const backwardLine = ({ from, to, parts }) => {
  const [later, earlier] = [from, to].map((id) => (id < 0 ? plan.groups[~id] : jobs[id]).name);
  const [, x, y] = /^M([\d.-]+) ([\d.-]+)/.exec(parts[0][1]).map(Number);
  return svg("g", { class: "backward" },
    svg("title", {}, `${earlier} depends on ${later}, which depends on ${earlier} as well: parts of them take turns`),
    svg("path", { class: "lines back", d: parts.map(([, part]) => part).join("") }),
    svg("path", { class: "lines head", d: `M${x + 11} ${y - 5}L${x + 2} ${y}L${x + 11} ${y + 5}` }));
};

const neighbourhood = (job) => {
  const sides = [[...job.parents, ...job.lost].slice(0, SIDE), [job.number], job.children.slice(0, SIDE)];
  const rows = Math.max(...sides.map((side) => side.length));
  const step = HEIGHT + 10;
  // After a reversed dependency, one job is on both sides.
  const boxes = new Map(sides.flatMap((side, column) =>
    side.map((number, row) => [number, { x: column * (WIDTH + 110), y: (row + (rows - side.length) / 2) * step }])));
  const pairs = [...sides[0].map((parent) => [parent, job.number]), ...sides[2].map((child) => [job.number, child])];
  const lines = pairs.map(([parent, child]) => {
    const [from, to] = [boxes.get(parent), boxes.get(child)];
    const parts = routeOf([from.x + WIDTH, from.y + HEIGHT / 2], [], [to.x, to.y + HEIGHT / 2]);
    return { pairs: [[parent, child]], fate: fate(parent, child), longest: isLongest(parent, child), parts };
  });
  return { size: [3 * WIDTH + 220, rows * step - 10], boxes, lines };
};
