"use strict";
const graph = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const WORDS = {
  views: ["views", "is viewed by"], holds: ["holds", "is held by"], saves: ["saves", "is saved by"],
  overwrites: ["overwrites", "is overwritten by"], reads: ["reads", "is read by"], writes: ["writes", "is written by"],
  returns: ["returns a view of", "is returned by"],
};
const HEIGHT = 30, GAP = 10, TOP = 56, LEFT = 28, WIDEST = 360;
const stage = document.getElementById("stage"), svg = document.getElementById("picture"), side = document.getElementById("side");
const storages = new Map(graph.storages.map((each) => [each.id, each]));
const nodes = new Map(graph.nodes.map((each) => [each.id, { ...each }]));
const kinds = [...new Set(graph.edges.map((each) => each.kind))];
const shown = new Set(kinds);
const state = { picked: null, only: false, zoom: 0, width: 0, height: 0 };

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  return element;
}

function html(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const key in attributes) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), attributes[key]);
    else element.setAttribute(key, attributes[key]);
  }
  element.append(...children);
  return element;
}

const ruler = document.createElement("canvas").getContext("2d");
function measure(text, small) {
  ruler.font = (small ? "11px" : "12.5px") + " ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
  return ruler.measureText(text).width;
}

function cut(text, room, small) {
  if (measure(text, small) <= room) return text;
  let kept = text;
  // Of a name the end tells most, of a note the beginning.
  while (kept.length > 4 && measure("…" + kept, small) > room) kept = small ? kept.slice(0, -1) : kept.slice(1);
  return small ? kept + "…" : "…" + kept;
}

// What is drawn: the edges whose kind is on, the storages that pass the filter, and the nodes that these touch.
function visible() {
  const keep = (id) => !state.only || !storages.has(id) || storages.get(id).shared;
  const edges = graph.edges.filter((each) => shown.has(each.kind) && keep(each.source) && keep(each.target));
  const touched = new Set(edges.flatMap((each) => [each.source, each.target]));
  const there = [...nodes.values()].filter((each) => touched.has(each.id) || (graph.scope === "function" && each.kind !== "operation"));
  return { there, edges };
}

// Three columns: who makes or changes, the storages, who looks.
function column(node, edges) {
  if (node.kind === "storage") return 1;
  if (graph.scope === "function") return node.kind === "operation" ? 2 : 0;
  return edges.some((each) => each.source === node.id && each.kind === "writes") ? 0 : 2;
}

function natural(a, b) {
  return a.label.localeCompare(b.label, "en", { numeric: true }) || (a.id < b.id ? -1 : 1);
}

function arrange(there, edges) {
  const columns = [[], [], []];
  for (const node of there) {
    node.column = column(node, edges);
    columns[node.column].push(node);
  }
  const next = new Map(there.map((each) => [each.id, []]));
  for (const edge of edges) {
    if (nodes.get(edge.source).column === nodes.get(edge.target).column) continue;
    next.get(edge.source).push(edge.target);
    next.get(edge.target).push(edge.source);
  }
  columns.forEach((list, index) => list.sort(index === 2 && graph.scope === "function" ? (a, b) => a.line - b.line || natural(a, b) : natural));
  columns.forEach((list) => list.forEach((node, index) => { node.order = index / Math.max(1, list.length); }));
  const mean = (node) => {
    const found = next.get(node.id).map((id) => nodes.get(id).order);
    return found.length ? found.reduce((a, b) => a + b) / found.length : node.order;
  };
  for (let round = 0; round < 12; round += 1) {
    for (const index of [0, 1, 2, 1]) {
      const list = columns[index];
      if (index === 2 && graph.scope === "function" && list.length) continue;
      const wanted = new Map(list.map((node) => [node, mean(node)]));
      list.sort((a, b) => wanted.get(a) - wanted.get(b) || natural(a, b));
      list.forEach((node, at) => { node.order = (at + 0.5) / list.length; });
    }
  }
  const tallest = Math.max(1, ...columns.map((list) => list.length));
  const step = HEIGHT + GAP;
  columns.forEach((list) => {
    list.forEach((node, index) => { node.y = TOP + ((index + 0.5) * tallest * step) / list.length - HEIGHT / 2; });
  });
  // Pull each node towards its neighbours, then push apart what overlaps.
  for (let round = 0; round < 24; round += 1) {
    for (const list of columns) {
      for (const node of list) {
        const found = next.get(node.id).map((id) => nodes.get(id).y);
        if (found.length) node.y += 0.5 * (found.reduce((a, b) => a + b) / found.length - node.y);
      }
      list.forEach((node, index) => {
        const least = index ? list[index - 1].y + step : TOP;
        if (node.y < least) node.y = least;
      });
      const bottom = TOP + tallest * step - step;
      for (let index = list.length - 1; index >= 0; index -= 1) {
        const most = index === list.length - 1 ? bottom : list[index + 1].y - step;
        if (list[index].y > most) list[index].y = most;
      }
    }
  }
  return columns;
}

function note(node) {
  if (node.kind === "operation") return `line ${node.line}`;
  if (node.kind === "storage" && graph.scope !== "function") return node.detail;
  return node.kind === "function" || node.kind === "module" ? "" : node.detail;
}

function place(columns) {
  const bend = graph.scope === "function" ? 170 : 220;
  let x = LEFT;
  columns.forEach((list) => {
    if (!list.length) return;
    let width = 90;
    for (const node of list) {
      node.text = cut(node.label, WIDEST - 60);
      node.note = cut(note(node), 170, true);
      width = Math.max(width, measure(node.text) + (node.note ? measure(node.note, true) + 14 : 0) + 24);
    }
    for (const node of list) { node.x = x; node.width = width; }
    x += width + bend;
  });
  state.width = x - bend + LEFT + 40;
  state.height = Math.max(...columns.flat().map((node) => node.y + HEIGHT), TOP) + 40;
}

function path(edge) {
  const a = nodes.get(edge.source), b = nodes.get(edge.target);
  const ay = a.y + HEIGHT / 2 + (edge.shift || 0), by = b.y + HEIGHT / 2 + (edge.shift || 0);
  if (a.column === b.column) {
    const x = a.x + a.width, reach = x + 24 + Math.min(60, Math.abs(by - ay) / 6);
    return `M${x},${ay} C${reach},${ay} ${reach},${by} ${x},${by}`;
  }
  const right = a.column < b.column;
  const x1 = right ? a.x + a.width : a.x, x2 = right ? b.x : b.x + b.width, middle = (x1 + x2) / 2;
  return `M${x1},${ay} C${middle},${ay} ${middle},${by} ${x2},${by}`;
}

function draw() {
  const { there, edges } = visible();
  svg.replaceChildren();
  if (!there.length) {
    stage.querySelector(".empty")?.remove();
    stage.append(html("p", { class: "empty" }, graph.nodes.length ? "Nothing is left to draw: turn a filter on." : "There is no storage to draw here."));
  } else stage.querySelector(".empty")?.remove();
  const columns = arrange(there, edges);
  place(columns);
  const titles = graph.scope === "function" ? ["Names at the exit", "Storages", "Operations"]
    : graph.scope === "module" ? ["Functions that write", "State", "Functions that read"] : ["Modules that write", "State", "Modules that read"];
  columns.forEach((list, index) => {
    if (list.length) svg.append(make("text", { x: list[0].x, y: 32, class: "head" }, titles[index].toUpperCase()));
  });
  const pairs = new Map();
  for (const edge of edges) {
    const key = edge.source + "\0" + edge.target, seen = pairs.get(key) || [];
    seen.push(edge);
    pairs.set(key, seen);
  }
  for (const list of pairs.values()) list.forEach((edge, index) => { edge.shift = (index - (list.length - 1) / 2) * Math.min(6, 20 / list.length); });
  const labels = [];
  for (const edge of edges) {
    const line = make("path", { d: path(edge), class: `edge ${edge.kind}${edge.through.length ? " through" : ""}`, stroke: `var(--${edge.kind})` });
    line.dataset.source = edge.source;
    line.dataset.target = edge.target;
    line.append(make("title", {}, tell(edge)));
    svg.append(line);
    if (edge.label && (edge.kind === "views" || edge.kind === "saves" || edge.kind === "overwrites")) {
      const a = nodes.get(edge.source), b = nodes.get(edge.target), right = a.column < b.column;
      // Next to the name or operation: there every edge has room for itself.
      const near = make("text", {
        x: right ? a.x + a.width + 8 : a.x - 8, y: a.y + HEIGHT / 2 + edge.shift - 4, class: "region", fill: `var(--${edge.kind})`,
        "text-anchor": right ? "start" : "end",
      }, edge.label.length > 26 ? edge.label.slice(0, 25) + "…" : edge.label);
      near.dataset.source = edge.source;
      near.dataset.target = edge.target;
      labels.push(near);
    }
  }
  svg.append(...labels);
  for (const node of there) svg.append(box(node));
  svg.setAttribute("viewBox", `0 0 ${state.width} ${state.height}`);
  zoom();
  light(state.picked);
}

function box(node) {
  const storage = storages.get(node.id);
  const group = make("g", { class: `node ${node.kind}${storage && storage.shared ? " shared" : ""}`, transform: `translate(${node.x},${node.y})`, tabindex: 0, role: "button", "aria-label": `${node.kind} ${node.label}` });
  group.dataset.id = node.id;
  group.append(make("rect", { width: node.width, height: HEIGHT, rx: node.kind === "storage" ? 15 : 6 }));
  group.append(make("text", { x: 12, y: 20 }, node.text));
  if (node.note) group.append(make("text", { x: node.width - 12, y: 20, class: "note", "text-anchor": "end" }, node.note));
  group.append(make("title", {}, [node.label, node.detail, node.line ? `${node.path}:${node.line}` : node.path].filter(Boolean).join("\n")));
  group.addEventListener("mouseenter", () => light(node.id));
  group.addEventListener("mouseleave", () => light(state.picked));
  group.addEventListener("click", (event) => { event.stopPropagation(); pick(node.id); });
  group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(node.id); } });
  return group;
}

// All that a node touches, and for a name or operation what else touches the same storages.
function around(id) {
  const near = new Set([id]);
  for (const edge of graph.edges) {
    if (!shown.has(edge.kind)) continue;
    if (edge.source === id) near.add(edge.target);
    if (edge.target === id) near.add(edge.source);
  }
  return near;
}

function light(id, found) {
  svg.classList.toggle("faded", Boolean(id || found));
  const near = found || (id ? around(id) : new Set());
  for (const element of svg.querySelectorAll(".node")) {
    element.classList.toggle("near", near.has(element.dataset.id));
    element.classList.toggle("picked", element.dataset.id === state.picked);
  }
  for (const element of svg.querySelectorAll(".edge, .region")) {
    const { source, target } = element.dataset;
    element.classList.toggle("near", found ? near.has(source) && near.has(target) : source === id || target === id);
  }
}

function pick(id) {
  state.picked = state.picked === id ? null : id;
  light(state.picked);
  tellSide();
}

function tell(edge) {
  const word = WORDS[edge.kind][0], a = nodes.get(edge.source).label, b = nodes.get(edge.target).label;
  const parts = [`${a} ${word} ${b}${edge.kind === "views" || edge.kind === "holds" ? " " + edge.label : ""}`];
  if (edge.through.length) parts.push(`through ${edge.through.join(", ")}`);
  if (edge.places.length) parts.push(edge.places.slice(0, 6).join("\n"));
  return parts.join("\n");
}

function entry(edge, other) {
  const link = html("a", { onclick: () => show(other), title: "Go there" }, nodes.get(other).label);
  const item = html("li", {}, link);
  if (edge.label) item.append(" ", html("code", {}, edge.label));
  const more = [];
  if (edge.functions.length && graph.scope === "package") more.push(`in ${edge.functions.map((each) => (each === "<module>" ? "module level" : each)).join(", ")}`);
  if (edge.through.length) more.push(`through ${edge.through.join(", ")}`);
  if (edge.places.length) more.push(edge.places.slice(0, 4).join(", ") + (edge.places.length > 4 ? ` and ${edge.places.length - 4} more` : ""));
  if (more.length) item.append(html("div", { class: "soft" }, more.join(" · ")));
  return item;
}

function show(id) {
  if (!svg.querySelector(`[data-id="${CSS.escape(id)}"]`)) {
    graph.edges.filter((each) => each.source === id || each.target === id).forEach((each) => shown.add(each.kind));
    state.only = false;
    filters();
    draw();
  }
  state.picked = id;
  light(id);
  tellSide();
  svg.querySelector(`[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "center", inline: "nearest", behavior: "smooth" });
}

function source(lines) {
  if (!graph.source) return [];
  const marked = new Set(lines);
  const list = html("div", { class: "lines" });
  const margin = Math.min(...graph.source.lines.filter((each) => each.trim()).map((each) => each.search(/\S/)));
  graph.source.lines.forEach((text, index) => {
    const number = graph.source.first + index;
    list.append(html("div", marked.has(number) ? { class: "on" } : {}, html("span", {}, String(number)), text.slice(margin) || " "));
  });
  requestAnimationFrame(() => list.querySelector(".on")?.scrollIntoView({ block: "nearest" }));
  return [html("h3", {}, "Source"), list];
}

function lineOf(text) {
  return Number(text.slice(text.lastIndexOf(":") + 1));
}

function tellSide() {
  side.replaceChildren();
  const node = state.picked && nodes.get(state.picked);
  if (!node) {
    const lead = graph.scope === "function"
      ? "Names on the left view the storages in the middle; operations on the right save them for the backward pass or overwrite them. Names with a line to one storage may share memory, unless their regions are apart."
      : "The state that outlives a call is in the middle, with those that change it on the left and those that only read it on the right. A dashed line goes through a function of another module.";
    side.append(html("p", { class: "soft" }, lead), html("p", { class: "soft" }, "Point at something to see what it touches, click it for the details, press Escape to let go."));
    if (graph.aliases.length) {
      const list = html("ul", {});
      graph.aliases.slice(0, 200).forEach(([a, b]) => list.append(html("li", {}, html("code", {}, `${a} ~ ${b}`))));
      side.append(html("h3", {}, `May share memory (${graph.aliases.length})`), list);
    }
    side.append(...source([]));
    return;
  }
  const storage = storages.get(node.id);
  side.append(html("h2", {}, node.label));
  const words = [node.kind === "storage" && storage && storage.shared ? `storage shared by ${storage.modules.length} modules` : node.kind, node.detail];
  side.append(html("div", { class: "soft" }, words.filter(Boolean).join(" · ")));
  if (node.path) side.append(html("div", { class: "soft" }, node.line ? `${node.path}:${node.line}` : node.path));
  const lines = node.line ? [node.line] : [];
  for (const kind of Object.keys(WORDS)) {
    for (const [own, other, word] of [["source", "target", WORDS[kind][0]], ["target", "source", WORDS[kind][1]]]) {
      const found = graph.edges.filter((each) => each.kind === kind && each[own] === node.id);
      if (!found.length) continue;
      const list = html("ul", {});
      for (const edge of found) {
        list.append(entry(edge, edge[other]));
        if (graph.scope === "function") lines.push(...edge.places.map(lineOf));
      }
      side.append(html("h3", {}, word), list);
    }
  }
  const alike = node.kind === "name" ? graph.aliases.filter((pair) => pair.includes(node.label)).map((pair) => (pair[0] === node.label ? pair[1] : pair[0])) : [];
  if (alike.length) side.append(html("h3", {}, "May share memory with"), html("code", {}, alike.join(", ")));
  side.append(...source(lines));
}

function filters() {
  const bar = document.getElementById("filters");
  bar.replaceChildren();
  for (const kind of kinds) {
    const count = graph.edges.filter((each) => each.kind === kind).length;
    const mark = html("i", { style: `color: var(--${kind})` });
    bar.append(html("button", {
      "aria-pressed": String(shown.has(kind)),
      onclick: () => { if (shown.has(kind)) shown.delete(kind); else shown.add(kind); filters(); draw(); },
    }, mark, kind, html("span", { class: "count" }, String(count))));
  }
  const shared = graph.storages.filter((each) => each.shared).length;
  if (graph.scope === "package" && shared && shared < graph.storages.length) {
    bar.append(html("button", {
      "aria-pressed": String(state.only), onclick: () => { state.only = !state.only; filters(); draw(); },
    }, "only shared", html("span", { class: "count" }, String(shared))));
  }
}

function zoom() {
  const fit = Math.min(1.1, (stage.clientWidth - 4) / state.width);
  const scale = state.zoom || Math.max(fit, 0.55);
  svg.setAttribute("width", state.width * scale);
  svg.setAttribute("height", state.height * scale);
  state.scale = scale;
}

function rescale(factor) {
  state.zoom = factor ? Math.min(4, Math.max(0.15, state.scale * factor)) : 0;
  zoom();
}

document.getElementById("in").addEventListener("click", () => rescale(1.25));
document.getElementById("out").addEventListener("click", () => rescale(0.8));
document.getElementById("fit").addEventListener("click", () => rescale(0));
stage.addEventListener("click", () => { if (state.picked) pick(state.picked); });
stage.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  rescale(event.deltaY < 0 ? 1.1 : 0.9);
}, { passive: false });
window.addEventListener("resize", zoom);
const search = document.getElementById("search");
search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  if (!wanted) { light(state.picked); return; }
  const found = new Set([...nodes.values()].filter((each) => each.label.toLowerCase().includes(wanted)).map((each) => each.id));
  light(null, found);
  svg.querySelector(".node.near")?.scrollIntoView({ block: "center", inline: "nearest" });
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const first = svg.querySelector(".node.near");
  if (first) show(first.dataset.id);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { search.value = ""; state.picked = null; light(null); tellSide(); }
  if (event.target === search) return;
  if (event.key === "/") { event.preventDefault(); search.focus(); }
  if (event.key === "+" || event.key === "=") rescale(1.25);
  if (event.key === "-") rescale(0.8);
  if (event.key === "0") rescale(0);
});

document.getElementById("title").textContent = graph.title;
const sharedCount = graph.storages.filter((each) => each.shared).length;
document.getElementById("told").textContent = {
  function: `${graph.nodes.filter((each) => each.kind === "name").length} names and ${graph.storages.length} storages at the function's exit`,
  module: `${graph.storages.length} pieces of state, and the functions that use them`,
  package: `${graph.storages.length} pieces of state, ${sharedCount} shared by several modules`,
}[graph.scope];
const drawn = visible();
if (graph.scope === "package" && sharedCount >= 5 && drawn.there.length > 150) state.only = true;
filters();
draw();
tellSide();
if (location.hash.length > 1) show(decodeURIComponent(location.hash.slice(1)));
