// ---- details of a job -------------------------------------------------------------------------------------------
const section = (title, ...content) => (content.flat(Infinity).length ? [el("h3", {}, title), content] : []);
const list = (items) => (items.length ? first(SIDE, items, (left) => `${left.toLocaleString("en")} more`, el("ul")) : []);
const item = (content, sign = "") => el("li", {}, sign && el(sign === "+" ? "ins" : "del", {}, `${sign} `), content);
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
const copyCommand = (job) => {
  if (job.escaped) return el("p", { class: "note" }, "This command has invisible characters, shown as escapes here: it cannot be copied.");
  return copyButton(job.command.map(quoted).join(" "), () => byId("command"));
};
const changeOf = ({ change }) => {
  if (!change) return [];
  const names = Object.entries(change.names ?? {}).flatMap(([what, { gained, lost }]) => section(what,
    list([...gained.map((name) => item(name, "+")), ...lost.map((name) => item(name, "-"))])));
  const fields = (change.fields ?? []).map(([name, before, after]) =>
    el("tr", {}, el("td", {}, name), el("td", {}, value(before, "del"), " → ", value(after, "ins"))));
  const words = (change.command ?? []).flatMap(([what, texts]) =>
    texts.map((text) => el({ kept: "span", removed: "del", added: "ins" }[what], {}, text)));
  const whole = change.kind === "added" || change.kind === "removed"; // then the sections below show everything
  return [el("div", { class: "what" },
    el("strong", { class: change.kind }, `${SIGNS[change.kind]} ${change.kind}`),
    change.before ? ` from ${change.before}` : "",
    section("nodes previously in", list((change.from ?? []).map((name) => item(name)))),
    section("nodes now in", list((change.to ?? []).map((name) => item(name)))),
    whole ? [] : [section("fields", fields.length ? el("table", {}, fields) : []),
      section("command", words.length ? el("div", { class: "command" }, words) : []), names])];
};
const onPaper = (job) => el("section", {}, el("h2", { class: job.kind }, marked(job)), changeOf(job),
  SIGNS[job.kind] === "+" || SIGNS[job.kind] === "-" ? [
    section("command", el("div", { class: "command" }, job.command.map((word) => el("span", {}, word)))),
    section("settings", el("p", {}, job.settings.rows.map(([name, text]) => `${name} ${text}`).join("; ")))] : []);
const details = (job) => {
  const close = el("button", { type: "button", class: "close", "data-do": "close", "aria-label": "Close" }, "×");
  const family = (numbers, fateOf) => list(numbers.map((number) => {
    const kind = fateOf(number);
    return item([jobLink(number), kind && el(kind === "lost" ? "del" : "ins", {}, ` ${kind === "lost" ? "removed" : "added"}`)]);
  }));
  const parents = [...job.parents, ...job.lost];
  byId("details").replaceChildren(close, el("h2", { class: job.kind, tabindex: -1 }, marked(job)), ...[
    `level ${job.level}`,
    changeOf(job),
    section("command", el("div", { class: "command", id: "command" }, job.command.map((word) => el("span", {}, word))), copyCommand(job)),
    section(count(parents.length, "parent"), family(parents, (parent) => fate(parent, job.number))),
    section(job.children.length === 1 ? "1 child" : `${job.children.length.toLocaleString("en")} children`, family(job.children, (child) => fate(job.number, child))),
    section("reads", list(job.reads.map((name) => item(dataLink(name))))),
    section("writes", list(job.writes.map((name) => item(dataLink(name))))),
    section(count(job.nodes.length, "node"), list(job.nodes.map((name) => item(name)))),
    section("settings", el("table", {}, job.settings.rows.map(([name, text]) => el("tr", {}, el("td", {}, name), el("td", {}, value(text)))))),
  ].flat(Infinity));
};
