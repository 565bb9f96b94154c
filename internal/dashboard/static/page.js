"use strict";
// What the server says of an environment takes the place of what stood there. Where the
// reader is stays: the same link keeps the focus.
(() => {
  const connection = document.getElementById("connection");
  const told = document.getElementById("told");
  const words = new Map();
  const source = new EventSource("live");
  source.addEventListener("card", (message) => {
    const { id, html, word } = JSON.parse(message.data);
    const card = document.getElementById(id);
    if (!card) return;
    const controls = () => [...card.querySelectorAll("a, [tabindex]")];
    const at = controls().indexOf(document.activeElement);
    const link = at < 0 ? null : document.activeElement.getAttribute("href");
    const scrolled = card.querySelector(".scroll")?.scrollLeft ?? 0;
    card.innerHTML = html;
    const table = card.querySelector(".scroll");
    if (table) table.scrollLeft = scrolled;
    if (at >= 0) (controls().find((each) => link !== null && each.getAttribute("href") === link) ?? controls()[at] ?? card).focus({ preventScroll: true });
    if (words.has(id) && words.get(id) !== word) told.textContent = word;
    words.set(id, word);
  });
  source.addEventListener("open", () => { connection.textContent = "Live: what changes is shown by itself."; });
  source.addEventListener("error", () => { connection.textContent = "The connection is lost; what stands here may be old."; });
})();
