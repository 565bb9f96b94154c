// Gives what is wrong with a page for who reads it otherwise than by mouse and eye; a list
// of texts.
(() => {
  const faults = [];
  const short = (e) => e.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  if (document.documentElement.lang !== "en") faults.push("the page does not say its language");
  if (!document.title) faults.push("the page has no title");
  if (document.querySelectorAll("h1").length !== 1) faults.push("the page has not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("the page has not one main");
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) faults.push(`the id ${e.id} is there twice`);
    ids.add(e.id);
  }
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const name of (e.getAttribute("aria-labelledby") ?? e.getAttribute("aria-describedby")).split(" ")) {
      if (!ids.has(name)) faults.push(`${short(e)} is named by ${name}, which is not there`);
    }
  }
  for (const e of document.querySelectorAll("a[href^='#']")) {
    if (!ids.has(e.getAttribute("href").slice(1))) faults.push(`${short(e)} leads nowhere`);
  }
  let level = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    const now = Number(e.tagName[1]);
    if (now > level + 1) faults.push(`${short(e)} follows a heading of level ${level}`);
    level = now;
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption) faults.push(`${short(table)} has no caption`);
    for (const e of table.querySelectorAll("th")) if (!e.scope) faults.push(`${short(e)} does not say what it heads`);
    const columns = table.tHead?.rows[0]?.cells.length ?? 0;
    for (const row of table.tBodies[0].rows) if (row.cells.length !== columns) faults.push(`${short(row)} has ${row.cells.length} cells of ${columns}`);
  }
  for (const e of document.querySelectorAll("[style]")) faults.push(`${short(e)} has a style of its own`);
  for (const e of document.querySelectorAll("input")) if (!e.labels.length) faults.push(`${short(e)} has no label`);
  for (const e of document.querySelectorAll(".scroll, pre")) if (e.scrollWidth > e.clientWidth && e.tabIndex < 0) faults.push(`${short(e)} scrolls, but not by keyboard`);

  // Contrast, as WCAG 2 computes it.
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
    return (x + 0.05) / (y + 0.05);
  };
  const behind = (e) => {
    if (e.closest("g.node")) return channels(getComputedStyle(e.closest("g.node").querySelector("rect")).fill);
    for (let at = e; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour.slice(0, 3);
      if (colour[3] !== 0) faults.push(`${short(at)} shines through`);
    }
    return [255, 255, 255];
  };
  const said = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || ["SCRIPT", "STYLE", "TITLE", "DESC", "title", "desc", "NOSCRIPT"].includes(e.tagName) || !e.checkVisibility() || e.closest(".hidden, .skip")) continue;
    const style = getComputedStyle(e);
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    const colour = channels(e instanceof SVGElement ? style.fill : style.color).slice(0, 3);
    const found = ratio(colour, behind(e)), wanted = large ? 3 : 4.5;
    const key = `${colour} on ${behind(e)}`;
    if (found < wanted && !said.has(key)) {
      said.add(key);
      faults.push(`contrast ${found.toFixed(2)} of ${key}: ${short(e)}`);
    }
  }
  // What is drawn has to be told from what it is drawn on.
  for (const e of document.querySelectorAll(".bars rect.work, .bars rect.plan, .bars rect.phase, g.node rect")) {
    if (!e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const drawn = channels(e.closest("g.node") ? style.stroke : style.fill).slice(0, 3);
    const found = ratio(drawn, behind(e.closest("svg").parentElement));
    const key = `${drawn} drawn on ${behind(e.closest("svg").parentElement)}`;
    if (found < 3 && !said.has(key)) {
      said.add(key);
      faults.push(`contrast ${found.toFixed(2)} of ${key}`);
    }
  }
  return faults;
})()
