// A flame graph on a canvas: its texts, its tree, its colours. Names of functions are untrusted: they become text by textContent and fillText, never markup.
const DATA = JSON.parse(document.getElementById("data").textContent);
const MOST_ROWS_ON_PAPER = 200;
const ROW = 19, LEAST_PX = 0.5, TEXT_FROM_PX = 26, LONGEST = 300, OTHER = -1, ALL = -2;
const FONT = "12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const OWNERS = {
  application: ["#f4ab45", "#9a5a00"], library: ["#86c5ec", "#1d5f8a"], standard: ["#a5dcb8", "#1d6a4a"],
  native: ["#e0abd0", "#7f3b6b"], unknown: ["#cfd3d8", "#4d545d"],
};
const MODULES = [
  ["#f4ab45", "#9a5a00"], ["#86c5ec", "#1d5f8a"], ["#a5dcb8", "#1d6a4a"], ["#e0abd0", "#7f3b6b"], ["#f0e27a", "#6d6300"],
  ["#b9b5ec", "#47429a"], ["#f2a08c", "#8f3a22"], ["#c5d98b", "#51651a"], ["#d8c3a5", "#6a5433"], ["#9fdad9", "#1b6867"],
];
const LESS = [[33, 102, 172], [90, 160, 230]], MORE = [[224, 120, 10], [240, 150, 50]], SAME = [[232, 234, 237], [58, 64, 72]];
const MATCH = ["#d6006c", "#ff5fae"], OTHERS = ["#e4e4e4", "#33383f"];
const byId = (id) => document.getElementById(id);
const canvas = byId("canvas"), stage = byId("stage"), tip = byId("tip"), search = byId("search");
const paint = canvas.getContext("2d");
const compared = DATA.sides.length > 1;
const past = []; // where it was zoomed before
const state = { view: DATA.view, side: DATA.sides.length - 1, zoom: 0, chosen: -1, flipped: false, colour: compared ? "own" : "owner", dark: false, term: "" };
const trees = {};
let tree, matches = null, width = 0, height = 0, waiting = 0;

// --- text ---------------------------------------------------------------------------------------------------------
const clean = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
const text = (column, place) => DATA.strings[DATA.places[column][place]];
const origin = (place) => DATA.origins[DATA.places.origin[place]];

const counted = (count) => Math.round(count).toLocaleString("en").replaceAll(",", "\u202f");
const plural = (count, word) => `${counted(count)} ${word}${count === 1 ? "" : "s"}`;
const digits = (value) => (Math.abs(value) >= 999.5 ? counted(value) : value ? value.toPrecision(3) : "0");
const SCALES = {
  time: [[1, 1, " s"], [1e-3, 1e3, " ms"], [0, 1e6, " µs"]],
  bytes: [[1e12, 1e-12, " TB"], [1e9, 1e-9, " GB"], [1e6, 1e-6, " MB"], [1e3, 1e-3, " KB"], [0, 1, " B"]],
};
function quantity(value) {
  if (!value) return "0";
  const scale = SCALES[DATA.unit.endsWith("_s") ? "time" : DATA.unit] || [[0, 1, ` ${DATA.unit}`]];
  const [, factor, suffix] = scale.find(([least]) => Math.abs(value) >= least * 0.9995);
  if (value === 1 && scale.length === 1) return `1${suffix.replace(/s$/, "")}`;
  return (suffix === " B" || scale.length === 1) && Number.isInteger(value) ? counted(value) + suffix : digits(value * factor) + suffix;
}
const percent = (share) => (share > 0 && share < 1e-4 ? "< 0.01 %" : `${digits(share * 100)} %`);
const points = (change) => `${change > 0 ? "+" : change < 0 ? "−" : "±"}${digits(Math.abs(change * 100))} % points`;

function nameOf(node) {
  const place = tree.place[node];
  if (place === ALL) return "all";
  if (place === OTHER) return `other, ${plural(tree.left.get(node), "path")}, ${percent(share(node))}`;
  const module = text("module", place), name = text("function", place);
  return clean(module && module !== "~" && module !== text("file", place) ? `${module}.${name}` : name);
}
const share = (node, side = state.side) => (tree.total[side][0] ? tree.total[side][node] / tree.total[side][0] : 0);
const ownShare = (node, side) => (tree.total[side][0] ? tree.own[side][node] / tree.total[side][0] : 0);
const turned = () => state.view === "bottom-up"; // there a path's total is the own weight of the function that it begins with
const change = (node) => (state.colour === "total" || turned() ? share(node, 1) - share(node, 0) : ownShare(node, 1) - ownShare(node, 0));

function lines(node) {
  const place = tree.place[node], found = [nameOf(node).slice(0, LONGEST)];
  if (place >= 0) {
    const file = clean(text("file", place)), line = DATA.places.line[place];
    found.push(file && file !== "~" ? `${file}${line ? `:${line}` : ""} (${origin(place)})`.slice(-LONGEST) : `(${origin(place)})`);
  }
  for (let side = 0; side < DATA.sides.length; side++) {
    const total = `${quantity(tree.total[side][node])}, ${percent(share(node, side))}`;
    const own = `own ${quantity(tree.own[side][node])}, ${percent(ownShare(node, side))}`;
    const what = turned() && node ? `own weight of ${nameOf(rootOf(node)).slice(0, 80)} on this way: ${total}` : place === OTHER ? `together ${total}` : `total ${total}; ${own}`;
    found.push(compared ? `${DATA.sides[side].name}: ${what}` : what);
  }
  if (compared) {
    const own = turned() ? "" : `own ${points(ownShare(node, 1) - ownShare(node, 0))}, `;
    found.push(`change of share: ${own}total ${points(share(node, 1) - share(node, 0))}`);
  }
  found.push(DATA.sides.map((side) => (compared ? `${side.name}: ` : "") + plural(side.runs.length, "run")).join(", "));
  if (DATA.estimated) found.push("estimate: the profiler counted who calls whom, not paths");
  return found;
}
function rootOf(node) {
  while (tree.depth[node] > 1) node = tree.parent[node];
  return node;
}

// --- the tree -----------------------------------------------------------------------------------------------------
function opened(name) {
  if (trees[name]) return trees[name];
  const view = DATA.views[name], count = view.depth.length + 1;
  const depth = new Int32Array(count), place = new Int32Array(count), parent = new Int32Array(count), last = new Int32Array(count), above = [0];
  place[0] = ALL;
  parent[0] = -1;
  for (let node = 1, level = 0; node < count; node++) {
    level += view.depth[node - 1];
    depth[node] = level + 1;
    place[node] = view.place[node - 1];
    parent[node] = above[level];
    above[level + 1] = node;
  }
  for (let node = count - 1; node >= 0; node--) {
    last[node] = Math.max(last[node], node);
    if (node) last[parent[node]] = Math.max(last[parent[node]], last[node]);
  }
  const own = view.own.map((weights) => Float64Array.from([0].concat(weights))), total = own.map((weights) => weights.slice());
  for (const weights of total) for (let node = count - 1; node > 0; node--) weights[parent[node]] += weights[node];
  const left = new Map();
  for (let number = 0; number < view.left.length; number += 2) left.set(view.left[number] + 1, view.left[number + 1]);
  for (const [node] of left) for (const weights of own) weights[node] = 0;
  trees[name] = { count, depth, place, parent, last, own, total, left, laid: {} };
  return trees[name];
}

function laid() {
  if (tree.laid[state.side]) return tree.laid[state.side];
  const total = tree.total[state.side], start = new Float64Array(tree.count), next = new Float64Array(tree.count), rows = [[0]];
  for (let node = 1; node < tree.count; node++) {
    const parent = tree.parent[node];
    start[node] = next[node] = next[parent] || start[parent];
    next[parent] = start[node] + total[node];
    if (total[node] > 0) (rows[tree.depth[node]] ||= []).push(node);
  }
  return (tree.laid[state.side] = { start, rows, total });
}

function firstAfter(row, value) {
  const { start, total } = laid();
  let low = 0, high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[row[middle]] + total[row[middle]] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// --- colours ------------------------------------------------------------------------------------------------------
const packageOf = (place) => text("module", place).split(/[./\\]/)[0] || "~";
function moduleColour(name) {
  let hash = 7;
  for (let at = 0; at < name.length; at++) hash = (hash * 31 + name.charCodeAt(at)) | 0;
  return MODULES[(hash >>> 0) % MODULES.length];
}
function changeColour(strength) {
  const shade = state.dark ? 1 : 0, end = (strength < 0 ? LESS : MORE)[shade], part = Math.sqrt(Math.min(Math.abs(strength), 1));
  return `rgb(${SAME[shade].map((from, at) => Math.round(from + (end[at] - from) * part)).join(",")})`;
}
let largest = 1;
const colours = new Map();
function fill(node) {
  const place = tree.place[node], shade = state.dark ? 1 : 0;
  if (place < 0) return OTHERS[shade];
  if (compared && (state.colour === "own" || state.colour === "total")) return changeColour(change(node) / largest);
  if (!colours.has(place)) colours.set(place, (state.colour === "owner" ? OWNERS[origin(place)] || OWNERS.unknown : moduleColour(packageOf(place)))[shade]);
  return colours.get(place);
}

function swatch(colour, label, term) {
  const entry = document.createElement(term ? "button" : "span"), box = document.createElement("i");
  box.style.background = colour;
  entry.append(box, document.createTextNode(` ${clean(label).slice(0, 40)}`));
  if (term) entry.addEventListener("click", () => { search.value = state.term === term ? "" : term; find(); });
  byId("legend").append(entry);
}
function leftOut() {
  const total = tree.total[state.side];
  let paths = 0, weight = 0;
  for (const [node, count] of tree.left) {
    paths += count;
    weight += total[node];
  }
  return `other ${percent(total[0] ? weight / total[0] : 0)}: ${plural(paths, "light path")}`;
}
function legend() {
  const shade = state.dark ? 1 : 0, weights = new Map();
  byId("legend").replaceChildren();
  colours.clear();
  if (state.colour === "own" || state.colour === "total") {
    largest = 1e-9;
    for (let node = 1; node < tree.count; node++) if (tree.place[node] >= 0) largest = Math.max(largest, Math.abs(change(node)));
    for (const part of [-1, -0.25, 0, 0.25, 1]) swatch(changeColour(part), part ? `${part < 0 ? "▼" : "▲"} ${points(part * largest)}` : "no change");
  } else {
    const key = state.colour === "owner" ? origin : packageOf;
    for (let node = 1; node < tree.count; node++) {
      if (tree.place[node] < 0 || (turned() && tree.depth[node] > 1)) continue;
      const name = key(tree.place[node]), weight = tree[turned() ? "total" : "own"][state.side][node];
      weights.set(name, (weights.get(name) || 0) + weight);
    }
    const ranked = [...weights].sort((one, other) => other[1] - one[1]).slice(0, 9);
    for (const [name, weight] of ranked) {
      const colour = state.colour === "owner" ? OWNERS[name] || OWNERS.unknown : moduleColour(name);
      swatch(colour[shade], `${name} ${percent(tree.total[state.side][0] ? weight / tree.total[state.side][0] : 0)}`, state.colour === "owner" ? `owner:${name}` : `package:${name}`);
    }
  }
  if (tree.left.size) swatch(OTHERS[shade], leftOut());
}

// --- drawing ------------------------------------------------------------------------------------------------------
const yOf = (depth) => (state.flipped ? laid().rows.length - 1 - depth : depth) * ROW - stage.scrollTop;
function draw() {
  waiting = 0;
  const { start, rows, total } = laid(), from = start[state.zoom], scale = width / (total[state.zoom] || 1), to = from + total[state.zoom];
  paint.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  paint.clearRect(0, 0, width, height);
  paint.font = FONT;
  paint.textBaseline = "middle";
  const letter = paint.measureText("m").width;
  let boxes = 0;
  for (let depth = 0; depth < rows.length; depth++) {
    const y = yOf(depth), row = rows[depth];
    if (y + ROW <= 0 || y >= height || !row) continue;
    let dust = -1, dustEnd = -1;
    const settle = () => { if (dust >= 0) box(dust, dustEnd, y, -1, letter); dust = -1; };
    for (let at = firstAfter(row, from); at < row.length && start[row[at]] < to; at++) {
      const node = row[at], left = Math.max(0, (start[node] - from) * scale), right = Math.min(width, (start[node] + total[node] - from) * scale);
      if (right - left < LEAST_PX) { // together as one pale box, so that nothing looks empty
        if (dust < 0 || left - dustEnd > 1) { settle(); dust = left; }
        dustEnd = right;
        continue;
      }
      settle();
      box(left, right, y, node, letter);
      boxes++;
    }
    settle();
  }
  document.documentElement.dataset.boxes = boxes;
  if (!document.documentElement.dataset.drawnMs) document.documentElement.dataset.drawnMs = performance.now();
}
function box(left, right, y, node, letter) {
  const shade = state.dark ? 1 : 0, wide = right - left;
  if (node < 0) {
    paint.fillStyle = OTHERS[shade];
    paint.fillRect(left, y, Math.max(wide, LEAST_PX), ROW - 1);
    return;
  }
  const matched = matches && tree.place[node] >= 0 && matches[tree.place[node]];
  paint.globalAlpha = (matches && !matched) || tree.depth[node] < tree.depth[state.zoom] ? 0.4 : 1;
  paint.fillStyle = fill(node);
  paint.fillRect(left, y, wide > 3 ? wide - 1 : wide, ROW - 1);
  paint.globalAlpha = 1;
  if (matched) {
    paint.fillStyle = MATCH[shade];
    paint.fillRect(left, y + ROW - 5, wide > 3 ? wide - 1 : wide, 4);
  }
  if (node === state.chosen) {
    paint.strokeStyle = state.dark ? "#ffffff" : "#000000";
    paint.lineWidth = 2;
    paint.strokeRect(left + 1, y + 1, Math.max(wide - 3, 1), ROW - 3);
  }
  if (wide < TEXT_FROM_PX) return;
  const moved = compared && node && (state.colour === "own" || state.colour === "total") ? change(node) : 0;
  const mark = Math.abs(moved) > 0.02 * largest ? (moved > 0 ? "▲ " : "▼ ") : "", room = Math.floor((wide - 7) / letter);
  let label = mark + (node ? nameOf(node) : `all: ${quantity(tree.total[state.side][0])}`);
  if (label.length > room && tree.place[node] >= 0) label = mark + clean(text("function", tree.place[node]));
  if (label.length > room) label = room > 1 ? `${label.slice(0, room - 1)}…` : "";
  const strong = Math.abs(moved) > 0.5 * largest && moved < 0 && !state.dark;
  paint.fillStyle = state.dark ? (moved > 0.3 * largest ? "#000000" : "#ffffff") : strong ? "#ffffff" : "#000000";
  paint.fillText(label, left + 3, y + ROW / 2, wide - 5);
}
const redraw = () => { waiting ||= requestAnimationFrame(draw); };
function resize() {
  width = stage.clientWidth;
  height = stage.clientHeight;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  canvas.style.height = `${height}px`;
  byId("spacer").style.height = `${Math.max(0, laid().rows.length * ROW - height)}px`;
  draw();
}
