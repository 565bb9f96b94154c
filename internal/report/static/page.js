"use strict";
// What the page does beyond showing: it filters long lists, opens and closes all of a
// list, and opens everything for the printer. Without it all is there, too.
(() => {
  const element = (name, properties) => Object.assign(document.createElement(name), properties);
  for (const tools of document.querySelectorAll("[data-tools]")) {
    const list = tools.dataset.tools;
    const layers = [...document.querySelectorAll(`details[data-list="${list}"]`)];
    if (layers.length === 0) continue;
    const label = element("label", { textContent: tools.dataset.label });
    const field = element("input", { type: "search", id: `filter-${list}`, autocomplete: "off", spellcheck: false });
    label.htmlFor = field.id;
    const found = element("span", { className: "found" });
    found.setAttribute("role", "status");
    const openAll = element("button", { type: "button", textContent: "Open all" });
    const closeAll = element("button", { type: "button", textContent: "Close all" });
    openAll.addEventListener("click", () => layers.forEach((each) => { each.open = true; }));
    closeAll.addEventListener("click", () => layers.forEach((each) => { each.open = false; }));
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let count = 0;
      for (const layer of layers) {
        const name = layer.querySelector("summary b").textContent.toLowerCase();
        let any = false;
        for (const item of layer.querySelectorAll("[data-item]")) {
          const shown = wanted === "" || name.includes(wanted) || item.textContent.toLowerCase().includes(wanted);
          item.hidden = !shown;
          if (shown) { any = true; count += 1; }
        }
        layer.hidden = !any && wanted !== "";
        if (wanted !== "" && any) layer.open = true;
      }
      found.textContent = wanted === "" ? "" : `${count} found`;
    });
    tools.append(label, field, openAll, closeAll, found);
    tools.hidden = false;
  }
  // A link to something inside a closed part opens it.
  const reveal = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => { closed.forEach((each) => { each.open = false; }); closed = []; });
})();
