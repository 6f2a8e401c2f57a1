// ---- details of a job -------------------------------------------------------------------------------------------
const item = (content, sign = "") => el("li", {}, sign && el(sign === "+" ? "ins" : "del", {}, `${sign} `), content);
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
const copyCommand = (job) => {
  if (job.escaped) return el("p", { class: "note" }, "This command has invisible characters, shown as escapes here: it cannot be copied.");
  return copyButton(job.command.map(quoted).join(" "), () => byId("command"));
};
const changeOf = ({ change }) => {
  if (!change) return [];
  const marks = change.marks ?? {};
  const sign = (one) => (one ? el("b", { class: one === "!" ? "risky" : "cost" }, `${one} `) : "");
  const mark = (what) => sign(marks[what]);
  const names = Object.entries(change.names ?? {}).flatMap(([what, { gained, lost }]) => section([mark(what === "parents" ? "depends on" : what), what],
    list([...gained.map((name) => item(name, "+")), ...lost.map((name) => item(name, "-"))], SIDE)));
  const fields = (change.fields ?? []).map(([name, before, after]) => [[mark(name), name], [value(before, "del"), " → ", value(after, "ins")]]);
  const words = (change.command ?? []).flatMap(([what, texts]) =>
    texts.map((text) => el({ kept: "span", removed: "del", added: "ins" }[what], {}, text)));
  const whole = change.kind === "added" || change.kind === "removed"; // then the sections below show everything
  const all = Object.values(marks);
  return [el("div", { class: "what" },
    whole ? sign(all.includes("!") ? "!" : all[0]) : mark(""), el("strong", { class: change.kind }, `${SIGNS[change.kind]} ${change.kind}`),
    change.before ? ` from ${change.before}` : "",
    section("nodes previously in", list((change.nodes_from ?? []).map((name) => item(name)), SIDE)),
    section("nodes now in", list((change.nodes_to ?? []).map((name) => item(name)), SIDE)),
    whole ? [] : [section("fields", fields.length ? el("div", { class: "fields" }, pairs(fields)) : []),
      section([mark("command"), "command"], words.length ? el("div", { class: "command" }, words) : []), names])];
};
const onPaper = (job) => el("section", {}, el("h2", { class: job.kind }, marked(job)), changeOf(job),
  SIGNS[job.kind] === "+" || SIGNS[job.kind] === "-" ? [
    section("command", el("div", { class: "command" }, job.command.map((word) => el("span", {}, word)))),
    section("settings", el("p", {}, job.settings.rows.map(([name, text]) => `${name} ${text}`).join("; ")))] : []);
const details = (job) => {
  const family = (numbers, fateOf) => list(numbers.map((number) => {
    const kind = fateOf(number);
    return item([jobLink(number), kind && el(kind === "lost" ? "del" : "ins", {}, ` ${kind === "lost" ? "removed" : "added"}`)]);
  }), SIDE);
  const names = (texts, of = (name) => name) => list(texts.map((name) => item(of(name))), SIDE);
  const parents = [...job.parents, ...job.lost];
  showDetails(
    el("h2", { class: job.kind, tabindex: -1 }, marked(job)),
    el("p", { class: "note" }, [`level ${job.level}`, job.settings.words, job.settings.queue && `queue ${job.settings.queue}`].filter(Boolean).join(" · ")),
    changeOf(job),
    section("command", el("div", { class: "command", id: "command" }, job.command.map((word) => el("span", {}, word))), copyCommand(job)),
    section(count(parents.length, "parent"), family(parents, (parent) => fate(parent, job.number))),
    section(count(job.children.length, "child"), family(job.children, (child) => fate(job.number, child))),
    section("reads", names(job.reads, dataLink)),
    section("writes", names(job.writes, dataLink)),
    section(count(job.nodes.length, "node"), names(job.nodes)),
    section("settings", pairs(job.settings.rows.map(([name, text]) => [name, value(text)]))));
};
