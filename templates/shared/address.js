// ---- the address: what is selected and shown, so that a link shows it to somebody else -----------------------------
class Address {
  // parts: by their names in the address, tell() what is shown, "" where that goes without saying, and show(text) what an
  // address says, or "". They are shown in this order.
  constructor(parts) {
    this.parts = Object.entries(parts);
  }

  get text() {
    const told = this.parts.map(([name, { tell }]) => [name, tell()]).filter(([, text]) => text);
    return `#${new URLSearchParams(told)}`;
  }

  // Name what is shown now, in place of what was shown before.
  keep() {
    if (this.text !== (location.hash || "#")) history.replaceState(null, "", this.text);
  }

  // The same as a step of its own: the browser's way back leads to what was shown before.
  step() {
    if (this.text !== (location.hash || "#")) location.hash = this.text;
  }

  // Show what the address names, now and whenever it changes.
  follow() {
    const show = () => {
      const wanted = new URLSearchParams(location.hash.slice(1));
      for (const [name, part] of this.parts) if (part.tell() !== (wanted.get(name) ?? "")) part.show(wanted.get(name) ?? "");
    };
    addEventListener("hashchange", show);
    show();
  }
}
