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
// Bars at the bottom of a group's box: how many of its jobs changed, have each queue, and each size of resources.
const SHARES = { change: ({ own }) => own, queue: ({ settings }) => settings.queueClass, resources: ({ settings }) => settings.sizeClass };
const shares = (some) => Object.entries(SHARES).flatMap(([kind, classOf]) => {
  const numbers = new Map();
  for (const job of some) numbers.set(classOf(job), (numbers.get(classOf(job)) ?? 0) + 1);
  if (numbers.size < 2) return []; // the box itself has the colour
  let x = 9;
  const order = [...numbers].sort(([one], [other]) => !one - !other || (one < other ? -1 : 1)); // what did not change is last
  return [svg("g", { class: `shares of-${kind}` }, order.map(([one, number]) => {
    const width = Math.max(3, (number / some.length) * (WIDTH - 18));
    x += width;
    return svg("path", { class: `share ${one}`, d: `M${x - width} ${HEIGHT - 5}h${width}v3h${-width}z` });
  }))];
});
const swatch = ([name, text]) => el("li", {}, el("span", { class: `swatch ${name}` }), text);
const LEGENDS = { // of what is there to be seen
  change: () => [
    ...Object.entries(SIGNS).filter(([kind]) => jobs.some(({ own }) => own === kind)).map(([kind, sign]) => el("li", { class: kind }, `${sign} ${kind}`)),
    jobs.some(({ risky }) => risky) ? el("li", { class: "risky" }, "! risk of few jobs") : "",
    [...gained.values()].some(({ size }) => size) ? el("li", { class: "added" }, "— dependency added") : "",
    jobs.some(({ lost }) => lost.length) ? el("li", { class: "removed" }, "- - dependency removed") : "",
  ].filter(Boolean),
  queue: () => plan.colours.queue.legend.map(swatch),
  resources: () => plan.colours.resources.legend.map(swatch),
};
// Colour boxes by one of the page's choices; the first, if it has no such choice.
const showColours = (wanted) => {
  const choices = byId("colour");
  choices.value = wanted;
  if (choices.selectedIndex < 0) choices.selectedIndex = 0;
  const kind = choices.value;
  const [main, legend] = [document.querySelector("main"), byId("legend")];
  for (const one of Object.keys(LEGENDS)) main.classList.toggle(`by-${one}`, one === kind);
  const path = plan.path.length > 1 ? [el("li", { class: "path" }, "longest path")] : [];
  legend.replaceChildren(...(LEGENDS[kind]?.() ?? []), ...path);
  legend.hidden = !legend.children.length;
};
