// ---- colours: classes of boxes by queue and by resources, and the legends ----------------------------------------
// Boxes have the classes of all kinds; the class by-KIND of the views says which of them count.
plan.settings.forEach((settings, number) => {
  settings.queueClass = plan.colours.queue.of[number];
  settings.sizeClass = plan.colours.resources.of[number];
});
// The classes of a box of some jobs: the queue and the size that all of them have.
const coloursOf = (some) => {
  const [queues, sizes] = ["queueClass", "sizeClass"].map((name) => [...new Set(some.map(({ settings }) => settings[name]))]);
  return `${queues.length === 1 ? queues[0] : "q-several"} ${sizes.length === 1 ? sizes[0] : "r-several"}`;
};
// Bars at the bottom of a group's box: how many of its jobs have each queue, and each size of resources.
const shares = (some) => Object.entries({ queue: "queueClass", resources: "sizeClass" }).flatMap(([kind, name]) => {
  const numbers = new Map();
  for (const { settings } of some) numbers.set(settings[name], (numbers.get(settings[name]) ?? 0) + 1);
  if (numbers.size < 2) return []; // the box itself has the colour
  let x = 9;
  return [svg("g", { class: `shares of-${kind}` }, [...numbers].sort().map(([one, number]) => {
    const width = (number / some.length) * (WIDTH - 18);
    x += width;
    return svg("path", { class: `share ${one}`, d: `M${x - width} ${HEIGHT - 5}h${width}v3h${-width}z` });
  }))];
});
const swatch = ([name, text]) => el("li", {}, el("span", { class: `swatch ${name}` }), text);
const LEGENDS = {
  change: () => [...Object.entries(SIGNS).map(([kind, sign]) => el("li", { class: kind }, `${sign} ${kind}`)),
    el("li", { class: "added" }, "— dependency added"), el("li", { class: "removed" }, "- - dependency removed")],
  queue: () => plan.colours.queue.legend.map(swatch),
  resources: () => plan.colours.resources.legend.map(swatch),
};
const showColours = (kind) => {
  const [main, legend] = [document.querySelector("main"), byId("legend")];
  for (const one of Object.keys(LEGENDS)) main.classList.toggle(`by-${one}`, one === kind);
  const path = plan.path.length > 1 ? [el("li", { class: "path" }, "longest path")] : [];
  legend.replaceChildren(...(LEGENDS[kind]?.() ?? []), ...path);
  legend.hidden = !legend.children.length;
};
