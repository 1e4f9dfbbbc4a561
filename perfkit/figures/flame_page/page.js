// Walking through the graph, finding in it, and the page around it. Follows graph.js in one script.
// --- walking
function nodeAt(x, y) {
  const { start, rows, total } = laid(), level = Math.floor((y + stage.scrollTop) / ROW), depth = state.flipped ? rows.length - 1 - level : level;
  const row = rows[depth], value = start[state.zoom] + (x / width) * total[state.zoom];
  if (!row) return -1;
  const node = row[firstAfter(row, value)];
  return node !== undefined && start[node] <= value ? node : -1;
}
function choose(node) {
  state.chosen = node;
  byId("chosen").textContent = node < 0 ? "" : lines(node).slice(0, compared ? 5 : 3).join(" · ");
  if (node >= 0) {
    const y = yOf(tree.depth[node]);
    if (y < 0) stage.scrollTop += y;
    if (y + ROW > height) stage.scrollTop += y + ROW - height;
  }
  redraw();
}
function zoom(node, returning = false) {
  if (node < 0 || !laid().total[node]) return;
  if (!returning && node !== state.zoom) past.push(state.zoom);
  byId("back").disabled = !past.length;
  state.zoom = node;
  document.documentElement.dataset.zoom = nameOf(node);
  choose(node);
}
function back() {
  zoom(past.length ? past.pop() : Math.max(0, tree.parent[state.zoom]), true);
}
function sibling(step) {
  const row = laid().rows[tree.depth[state.chosen]], at = row.indexOf(state.chosen) + step;
  return at >= 0 && at < row.length ? row[at] : state.chosen;
}
function child(node) {
  const below = laid().rows[tree.depth[node] + 1] || [], { start, total } = laid(), first = below[firstAfter(below, start[node])];
  let best = -1;
  for (let at = below.indexOf(first); at >= 0 && at < below.length && tree.parent[below[at]] === node; at++) if (best < 0 || total[below[at]] > total[best]) best = below[at];
  return best < 0 ? node : best;
}
const KEYS = {
  ArrowDown: () => choose(state.flipped ? Math.max(0, tree.parent[state.chosen]) : child(state.chosen)),
  ArrowUp: () => choose(state.flipped ? child(state.chosen) : Math.max(0, tree.parent[state.chosen])),
  ArrowLeft: () => choose(sibling(-1)),
  ArrowRight: () => choose(sibling(1)),
  Enter: () => zoom(state.chosen),
  " ": () => zoom(state.chosen),
  Backspace: back,
  Escape: () => zoom(0),
  Home: () => zoom(0),
};

function matcher(term) {
  const special = /^(owner|package):(.*)$/.exec(term);
  if (special) return (place) => (special[1] === "owner" ? origin(place) : packageOf(place)) === special[2];
  const wanted = term.toLowerCase();
  return (place) => `${text("module", place)}.${text("function", place)} ${text("file", place)}`.toLowerCase().includes(wanted);
}
function find() {
  state.term = search.value.trim();
  matches = null;
  byId("found").textContent = "";
  if (state.term) {
    const fits = matcher(state.term), down = opened("top-down"), total = down.total[state.side], known = down.left.size ? "at least " : "";
    matches = Uint8Array.from({ length: DATA.places.function.length }, (_, place) => (fits(place) ? 1 : 0));
    const functions = new Set();
    let paths = 0, weight = 0, covered = -1;
    for (let node = 1; node < down.count; node++) {
      if (down.place[node] < 0 || !matches[down.place[node]]) continue;
      paths++;
      functions.add(down.place[node]);
      if (node > covered) { // below a match everything is counted already
        weight += total[node];
        covered = down.last[node];
      }
    }
    byId("found").textContent = `${plural(functions.size, "function")} on ${plural(paths, "path")}, ${known}${percent(total[0] ? weight / total[0] : 0)} of the whole`;
  }
  redraw();
}
function nextMatch(way) {
  for (let step = 1; matches && step <= tree.count; step++) {
    const node = (Math.max(0, state.chosen) + way * step + tree.count) % tree.count;
    if (tree.place[node] >= 0 && matches[tree.place[node]] && laid().total[node] > 0) return choose(node);
  }
  return undefined;
}

// --- the page -----------------------------------------------------------------------------------------------------
function show() {
  tree = opened(state.view);
  state.zoom = 0;
  state.chosen = 0;
  past.length = 0;
  document.documentElement.dataset.theme = state.dark ? "dark" : "light";
  legend();
  resize();
  stage.scrollTop = state.flipped ? stage.scrollHeight : 0;
  find();
  zoom(0);
}
function options(id, choices, chosen, set) {
  for (const [value, label] of choices) byId(id).append(new Option(label, value, false, value === chosen));
  byId(id).addEventListener("change", (event) => { set(event.target.value); show(); });
}
function onPaper() { // every row, black on white; the stylesheet leaves out what only a screen can use
  const was = state.dark;
  const settle = (dark, rows) => {
    state.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    stage.style.flex = rows ? "none" : "";
    stage.style.height = rows ? `${Math.min(rows, MOST_ROWS_ON_PAPER) * ROW}px` : "";
    legend();
    resize();
  };
  addEventListener("afterprint", () => settle(was, 0), { once: true });
  stage.scrollTop = 0;
  settle(false, laid().rows.length);
}
function point(event) {
  const node = nodeAt(event.offsetX, event.offsetY);
  tip.hidden = node < 0;
  if (node < 0) return;
  tip.textContent = lines(node).join("\n");
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${event.clientY + 18 + tip.offsetHeight > innerHeight ? Math.max(4, event.clientY - tip.offsetHeight - 10) : event.clientY + 18}px`;
}
byId("title").textContent = clean(DATA.title);
byId("about").textContent = clean(DATA.about);
byId("note").textContent = DATA.notes.join(" ");
byId("note").hidden = !DATA.notes.length;
byId("widths").hidden = !compared;
options("view", [["top-down", "top down"], ["bottom-up", "bottom up"]], state.view, (value) => { state.view = value; });
const changes = compared ? [["own", "change of own share"], ["total", "change of total share"]] : [];
options("colour", [...changes, ["owner", "owner of the code"], ["module", "module"]], state.colour, (value) => { state.colour = value; });
options("side", DATA.sides.map((side, number) => [String(number), clean(side.name)]), String(state.side), (value) => { state.side = Number(value); });
search.addEventListener("input", find);
search.addEventListener("keydown", (event) => { if (event.key === "Enter") nextMatch(event.shiftKey ? -1 : 1); });
byId("back").addEventListener("click", back);
byId("reset").addEventListener("click", () => zoom(0));
byId("theme").addEventListener("click", () => { state.dark = !state.dark; document.documentElement.dataset.theme = state.dark ? "dark" : "light"; legend(); redraw(); });
byId("flip").addEventListener("click", () => { state.flipped = !state.flipped; byId("flip").setAttribute("aria-pressed", state.flipped); show(); });
canvas.addEventListener("mousemove", point);
canvas.addEventListener("mouseleave", () => { tip.hidden = true; });
canvas.addEventListener("click", (event) => zoom(nodeAt(event.offsetX, event.offsetY)));
canvas.addEventListener("keydown", (event) => {
  if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  tip.hidden = true;
  if (state.chosen < 0) state.chosen = 0;
  KEYS[event.key]();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === search) return;
  event.preventDefault();
  search.focus();
});
stage.addEventListener("scroll", redraw);
addEventListener("beforeprint", onPaper);
state.dark = matchMedia("(prefers-color-scheme: dark)").matches;
show();
new ResizeObserver(resize).observe(stage);
