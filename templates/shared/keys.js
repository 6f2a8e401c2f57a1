// ---- keys ---------------------------------------------------------------------------------------------------
// `page` is what differs between pages:
//   isChosen() a job is chosen; isSearched() something is searched for; search() take what the field says
//   inSearch(key, event) true if a key of the search field was used; showTab(tab) a tab was reached by an arrow
//   own(event) true if another key was used, before keys of one character; letter(key, event) the same for these
const listenToKeys = (actions, page) => {
  const field = byId("search");
  const clear = () => {
    field.value = "";
    page.search();
  };
  const used = (event) => {
    const { key, target } = event;
    const typing = target === field;
    const to = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[key];
    if (key === "Escape") {
      if (typing && field.value) return clear(), true; // the browser may clear it, too
      if (typing) field.blur();
      else if (page.isChosen()) actions.close();
      else if (page.isSearched()) clear();
      return false;
    }
    if (typing) return page.inSearch(key, event);
    if (to && target.matches("[role=tab]")) {
      const tab = target[to];
      if (tab) (tab.focus(), page.showTab(tab));
      return Boolean(tab);
    }
    if (page.own?.(event)) return true;
    if (key.length === 1 && key !== " " && byId("no-letters").checked) return false;
    if (key === "/") {
      const folded = field.closest("details");
      if (folded) folded.open = true;
      return field.focus(), field.select(), true;
    }
    if (key === "?") return actions.help(), false;
    return page.letter(key, event);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (used(event)) event.preventDefault();
  });
  field.addEventListener("input", page.search);
};
// Zoom; true if that was what a key means.
const zoomKey = (key, actions) => {
  const action = { "+": "in", "=": "in", "-": "out", "0": "fit" }[key];
  if (action) actions[action]();
  return Boolean(action);
};
