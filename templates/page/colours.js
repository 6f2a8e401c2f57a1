// ---- colours: classes of boxes by queue and by resources, and the legends ----------------------------------------
// Boxes have the classes of all kinds; the class by-KIND of the views says which of them count.
plan.settings.forEach((settings, number) => {
  settings.queueClass = plan.colours.queue.of[number];
  settings.sizeClass = plan.colours.resources.of[number];
});
const NOT_STATED = "r6";
// The classes of a box of some jobs: their queue if they share one, and the largest of their resources.
const coloursOf = (some) => {
  const queues = new Set(some.map(({ settings }) => settings.queueClass));
  const sizes = [...new Set(some.map(({ settings }) => settings.sizeClass))].sort();
  const size = sizes.filter((one) => one !== NOT_STATED).at(-1) ?? NOT_STATED;
  return `${queues.size === 1 ? [...queues][0] : "q-several"} ${size}`;
};
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
  legend.replaceChildren(...(LEGENDS[kind]?.() ?? []));
  legend.hidden = !legend.children.length;
};
