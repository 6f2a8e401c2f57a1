// Functions that build elements, and what all pages have: light and dark, copying, what is said to screen readers.
const byId = (id) => document.getElementById(id);
const say = (text) => (byId("said").textContent = text);

// ---- building elements ------------------------------------------------------------------------------------------
const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== ""));
  return element;
};
const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const link = (text, attributes) => el("button", { type: "button", class: "link", ...attributes }, text);
const PLURALS = { box: "boxes", child: "children", match: "matches" }; // those of other nouns end with an s
const count = (number, noun) => `${number.toLocaleString("en")} ${number === 1 ? noun : PLURALS[noun] ?? `${noun}s`}`;
// The first of many things, and a button that shows the others.
const first = (most, things, more, container) => {
  container.append(...things.slice(0, most));
  if (things.length <= most) return [container];
  const button = el("button", { type: "button" }, more(things.length - most));
  button.addEventListener("click", () => {
    container.append(...things.slice(most));
    things[most].querySelector("button")?.focus({ preventScroll: true }); // this button goes away
    button.remove();
  });
  return [container, button];
};
const shortened = (text, room) => {
  const letters = [...text];
  if (letters.length <= room) return text;
  const end = Math.floor(room * 0.4); // names in one pipeline often differ at their ends
  return `${letters.slice(0, room - end - 1).join("")}…${letters.slice(-end).join("")}`;
};
// Copy a text, or select the element that shows it; return what was done.
const copy = async (text, shown) => {
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(shown()); // some browsers forbid the clipboard to local files
    done = "Selected";
  }
  say(done);
  return done;
};
const copyButton = (text, shown) => {
  const button = el("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => (button.textContent = await copy(text, shown)));
  return button;
};
// Copy what an element shows in short, such as a digest; if that is forbidden, show it whole and select it.
const copyWhole = async (button) => {
  const { copy: text } = button.dataset;
  const shown = () => {
    const whole = el("code", {}, text);
    button.replaceWith(whole);
    return whole;
  };
  if (await copy(text, shown) === "Copied") button.classList.add("copied");
};

// ---- light and dark ---------------------------------------------------------------------------------------------
const theme = (wanted) => {
  document.documentElement.dataset.theme = wanted;
  try {
    localStorage.setItem("kedro-batch-theme", wanted);
  } catch {} // a local file may have no storage
};
const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const switchTheme = () => theme(isDark() ? "light" : "dark");
try {
  const remembered = localStorage.getItem("kedro-batch-theme");
  if (remembered === "light" || remembered === "dark") document.documentElement.dataset.theme = remembered;
} catch {} // a local file may have no storage
