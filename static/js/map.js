// The map of the field: drawn by sigma, walked by mouse or keys. The form says what is marked; the tables under it say the same.
import { Labels, asPNG, ask, duration, link, say, short, tokens, towards, wireKeys, wireTools } from "./picture.js";

const MOST_NAMED = 60; // papers in view that get a label
const FEW_IN_VIEW = 400; // papers in view, of which some are named
const FORCED = 8; // of those found by a search
const STEP = 900; // milliseconds of a year when time is played

const box = document.querySelector("[data-map]");
if (box) draw(box).catch(() => say("The map could not be drawn here; the tables below say the same."));

const form = () => document.getElementById("map-form");

function wanted() {
  const given = new FormData(form());
  const read = (name) => (given.get(name) || "").toString().trim();
  const year = (name) => (/^\d{4}$/.test(read(name)) ? Number(read(name)) : null);
  const found = { q: read("q"), from: year("from"), to: year("to"), topic: read("topic"), region: read("region"), paper: read("paper") };
  if (found.from && found.to && found.from > found.to) [found.from, found.to] = [found.to, found.from];
  return found;
}

function keep(name, value) {
  form().querySelector(`input[type="hidden"][name="${name}"]`)?.remove();
  if (value) form().append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}

async function draw(box) {
  const data = await ask(box.dataset.map);
  const canvas = box.querySelector(".explorer__canvas");
  const panel = box.querySelector("[data-panel]");
  const names = new Map(); // key: [title, address, year, topic, region]
  let colours = tokens();
  const labels = new Labels(colours);
  let years = [null, null];
  let marked = null; // a set of keys, or null for all
  let forced = new Set();
  let inView = new Set(); // papers that get a label
  let chosen = null;
  let last = { marks: "", region: "", paper: "" };

  const graph = build(data);
  const total = graph.order;
  const regions = tree(data.regions);
  const spots = { regions: [] }; // labels of regions in this frame
  const renderer = new Sigma(graph, canvas, {
    labelDensity: 4, labelGridCellSize: 60, labelRenderedSizeThreshold: 0, defaultDrawNodeLabel: labels.draw, defaultDrawNodeHover: labels.drawHover,
    labelFont: colours.font, labelSize: 12, labelColor: { color: colours.ink }, zIndex: true, minCameraRatio: 0.005, maxCameraRatio: 2,
    zoomToSizeRatioFunction: (ratio) => ratio ** 0.3,
    nodeReducer(key, node) {
      if (!isOfYears(node)) return { ...node, hidden: true };
      const isMarked = !marked || marked.has(key);
      const isChosen = key === chosen;
      const bears = isChosen || (isMarked && (inView.has(key) || forced.has(key)));
      return {
        ...node, color: isMarked || isChosen ? colours.hue(node.hue) : colours.line, size: marked && isMarked ? node.size * 1.5 + 1 : node.size,
        label: bears && names.has(key) ? short(names.get(key)[0]) : "", zIndex: isChosen ? 3 : isMarked ? (marked ? 2 : 1) : 0,
        highlighted: isChosen, forceLabel: isChosen || (isMarked && forced.has(key)),
      };
    },
  });

  function isOfYears({ year }) {
    const [low, high] = years;
    if (!low && !high) return true;
    return year !== null && (!low || year >= low) && (!high || year <= high);
  }

  const isWalked = (key) => isOfYears(graph.getNodeAttributes(key)) && (!marked || marked.has(key));

  // Labels of regions: large ones from afar; where one is wide on the screen, those within it.
  function place() {
    spots.regions = [];
    labels.clear();
    const { width, height } = renderer.getDimensions();
    const limit = 0.22 * Math.min(width, height);
    const pen = renderer.getCanvases().labels.getContext("2d");
    const shown = [];
    const visit = (region) => {
      const middle = renderer.graphToViewport(region);
      const edge = renderer.graphToViewport({ x: region.x + region.reach, y: region.y });
      const reach = Math.hypot(edge.x - middle.x, edge.y - middle.y);
      if (region.below.length && reach > limit) region.below.forEach(visit);
      else if (reach < 4 * limit) shown.push([region, middle]);
    };
    regions.forEach(visit);
    shown.sort(([a], [b]) => a.level - b.level || b.papers - a.papers);
    for (const [region, { x, y }] of shown) {
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const size = region.level === 0 ? 15 : 13;
      const font = `600 ${size}px ${colours.serif}`;
      pen.font = font;
      const lines = wrapped(region.name);
      const half = Math.max(...lines.map((line) => pen.measureText(line).width)) / 2;
      const middle = Math.min(Math.max(x, half + 4), width - half - 4);
      const tall = (lines.length * size * 1.15) / 2;
      const around = [middle - half - 3, y - tall - 2, middle + half + 3, y + tall + 2];
      if (!labels.isFree(around)) continue;
      labels.taken.push(around);
      spots.regions.push({ region, lines, font, size, x: middle, y, around });
    }
  }

  function writeRegions() {
    const pen = renderer.getCanvases().labels.getContext("2d");
    pen.textAlign = "center";
    for (const { lines, font, size, x, y } of spots.regions) {
      pen.font = font;
      lines.forEach((line, place) => labels.write(pen, line, x, y + (place - (lines.length - 1) / 2) * size * 1.15 + size / 3));
    }
    pen.textAlign = "start";
  }

  renderer.on("beforeRender", place);
  renderer.on("afterRender", writeRegions);

  async function learn(keys) {
    const missing = keys.filter((key) => !names.has(key));
    for (let start = 0; start < missing.length; start += 200) {
      const answer = await ask(`${box.dataset.names}?papers=${missing.slice(start, start + 200).join("-")}`);
      for (const [key, about] of Object.entries(answer)) names.set(key, about);
    }
  }

  // Once the camera stands still, papers in view are named if they are few, those cited most first.
  let settling = null;
  renderer.getCamera().on("updated", () => {
    clearTimeout(settling);
    settling = setTimeout(settle, 200);
  });
  async function settle() {
    const { width, height } = renderer.getDimensions();
    const seen = graph.filterNodes((key, node) => {
      if (!isWalked(key)) return false;
      const { x, y } = renderer.graphToViewport(node);
      return x > 0 && y > 0 && x < width && y < height;
    });
    const cited = (key) => graph.getNodeAttribute(key, "cited");
    const some = seen.length <= FEW_IN_VIEW ? seen.sort((a, b) => cited(b) - cited(a)).slice(0, MOST_NAMED) : [];
    await learn(some).catch(() => {}); // the map is of use without them
    inView = new Set(some);
    remember();
    refresh();
  }

  function refresh() {
    renderer.refresh({ skipIndexation: false });
  }

  // What is chosen stands in the address: the form's fields, and after # where the camera is.
  function remember() {
    const { q, from, to, topic, region, paper } = wanted();
    const fields = Object.entries({ q, from, to, topic, region, paper }).filter(([, value]) => value);
    const { x, y, ratio } = renderer.getCamera().getState();
    const isMoved = Math.abs(ratio - 1) > 0.01 || Math.hypot(x - 0.5, y - 0.5) > 0.01;
    const asked = new URLSearchParams(fields).toString();
    const page = new URLSearchParams(location.search).get("page");
    const query = [asked, page && `page=${page}`].filter(Boolean).join("&");
    const at = isMoved ? `#at=${[x, y, ratio].map((one) => one.toFixed(3)).join(",")}` : "";
    history.replaceState(history.state, "", `${box.dataset.page}${query ? `?${query}` : ""}${at}`);
  }

  async function choose(key, { follow = false, near = false } = {}) {
    chosen = key;
    keep("paper", key);
    panel.hidden = !key;
    refresh();
    remember();
    if (!key) return tell();
    if (follow) {
      const spot = renderer.getNodeDisplayData(key);
      const camera = renderer.getCamera();
      camera.animate({ x: spot.x, y: spot.y, ...(near ? { ratio: Math.min(camera.ratio, 0.25) } : {}) }, { duration: duration() });
    }
    await learn([key]);
    if (chosen !== key || !names.has(key)) return;
    const [title, , year, topic, region] = names.get(key);
    fill(key);
    say([title, year, topic, region && `in the region ${region}`].filter(Boolean).join(", "));
    refresh();
  }

  function fill(key) {
    const [title, url, year, topic, region] = names.get(key);
    const cited = graph.getNodeAttribute(key, "cited");
    const heading = document.createElement("h2");
    heading.append(link(url, title));
    const about = Object.assign(document.createElement("p"), { className: "meta", textContent: [year, topic, cited && `cited by ${cited} here`].filter(Boolean).join(" · ") });
    const where = Object.assign(document.createElement("p"), { className: "meta", textContent: region && `Region: ${region}` });
    const actions = document.createElement("p");
    actions.append(link(`${box.dataset.graph}?node=paper:${key}`, "What it is linked to"));
    panel.replaceChildren(heading, about, where, actions);
  }

  // The state in words, for those who hear it, and beside the slider.
  function tell() {
    const shown = graph.reduceNodes((sum, key, node) => sum + (isOfYears(node) ? 1 : 0), 0);
    const found = marked ? graph.reduceNodes((sum, key) => sum + (isWalked(key) ? 1 : 0), 0) : 0;
    const [low, high] = years;
    const when = low && high ? (low === high ? `${low}` : `${low} to ${high}`) : low ? `from ${low}` : high ? `until ${high}` : "all years";
    const counted = (number) => `${number.toLocaleString("en")} ${number === 1 ? "paper" : "papers"}`;
    const words = shown === total ? counted(total) : `${counted(shown)} of ${total.toLocaleString("en")}`;
    document.querySelector("[data-years]").textContent = `${when}: ${words}`;
    if (!chosen) say([`${words} shown`, !marked ? "" : `${found.toLocaleString("en")} marked`].filter(Boolean).join(", "));
  }

  function showYears() {
    const { from, to } = wanted();
    years = [from, to];
    for (const slider of document.querySelectorAll("[data-year]")) {
      const value = slider.dataset.year === "from" ? from : to;
      slider.value = value ?? (slider.dataset.year === "from" ? slider.min : slider.max);
      slider.setAttribute("aria-valuetext", value ?? (slider.dataset.year === "from" ? `${slider.min} and earlier` : slider.max));
    }
    document.querySelector("[data-slider]").hidden = false;
    tell();
  }

  // Take over what the form says, at the start and whenever a part of the page has come anew.
  async function apply() {
    const now = wanted();
    showYears();
    const marks = new URLSearchParams({ q: now.q, topic: now.topic, region: now.region }).toString();
    if (marks !== last.marks) {
      const isNarrow = Boolean(now.q || now.topic || now.region);
      const found = isNarrow ? (await ask(`${box.dataset.marked}?${marks}`)).papers.map(String) : null;
      marked = found && new Set(found);
      forced = new Set(now.q && found ? found.slice(0, FORCED) : []);
      await learn([...forced]);
      tell();
    }
    const moved = { region: now.region !== last.region, paper: now.paper !== last.paper };
    last = { marks, region: now.region, paper: now.paper };
    refresh();
    refocus(moved, now);
    if (now.paper && moved.paper && graph.hasNode(now.paper)) await choose(now.paper, { follow: true, near: true });
    else if (!now.paper && chosen) await choose(null);
    else if (now.region && moved.region) lookAt(now.region);
    settle();
  }

  // A link that was followed is gone with its table: its reader goes on where it led.
  function refocus(moved, { paper, region }) {
    if (document.activeElement !== document.body || !box.dataset.ready) return;
    if (moved.paper && paper) canvas.focus();
    else if (moved.region && region) document.getElementById("regions")?.focus({ preventScroll: true });
  }

  function lookAt(key) {
    const region = regions.every.get(key);
    if (!region) return;
    const { x, y } = renderer.viewportToFramedGraph(renderer.graphToViewport(region));
    const edge = renderer.viewportToFramedGraph(renderer.graphToViewport({ x: region.x + region.reach, y: region.y }));
    renderer.getCamera().animate({ x, y, ratio: Math.min(1, 5 * Math.hypot(edge.x - x, edge.y - y)) }, { duration: duration() });
  }

  wireKeys(canvas, renderer, {
    step(side) {
      const middle = renderer.viewportToGraph({ x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 });
      const next = towards(graph, chosen, side, graph.filterNodes(isWalked), middle);
      if (next) choose(next, { follow: true });
    },
    open() {
      if (chosen && names.has(chosen)) location.assign(names.get(chosen)[1]);
    },
    letGo() {
      choose(null);
    },
  });
  wireTools(box.querySelector("[data-tools]"), renderer, "stemma-map", { png: () => asPNG(renderer, colours) });

  const isIn = ([x1, y1, x2, y2], { x, y }) => x > x1 && x < x2 && y > y1 && y < y2;
  const labelAt = (spot) => spots.regions.find(({ around }) => isIn(around, spot));
  renderer.on("clickNode", ({ node }) => choose(node));
  renderer.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
    preventSigmaDefault();
    if (names.has(node)) location.assign(names.get(node)[1]);
  });
  renderer.on("clickStage", ({ event }) => {
    const hit = labelAt(event);
    if (!hit) return choose(null);
    keep("region", hit.region.key);
    form().requestSubmit();
  });
  renderer.on("enterNode", ({ node }) => {
    canvas.style.cursor = "pointer";
    learn([node]).then(() => inView.add(node) && refresh(), () => {});
  });
  renderer.on("leaveNode", () => (canvas.style.cursor = ""));
  renderer.getMouseCaptor().on("mousemovebody", (event) => {
    // Over a point the pointer is that of a link.
    if (canvas.style.cursor !== "pointer") canvas.style.cursor = labelAt(event) ? "zoom-in" : "";
  });

  let resting = null;
  document.addEventListener("input", ({ target }) => {
    if (target.dataset?.year) slide(target);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.id === "map-topic") form().requestSubmit();
    if (target.dataset?.year) {
      // Once the slider rests: who moves it by keys is not to be stopped by what comes anew.
      clearTimeout(resting);
      resting = setTimeout(() => form().requestSubmit(), 600);
    }
  });
  document.addEventListener("click", ({ target }) => {
    if (target.hasAttribute?.("data-play")) play(target);
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id === "map-lists" || target.id === "map-form") soon();
  });
  let waiting = null;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(() => apply().catch(() => say("What was chosen could not be loaded; the tables below say it.")), 0);
  }

  // The ends of the slider are no bounds: there everything earlier is shown, or everything until today.
  function slide(moved) {
    const [first, final] = ["from", "to"].map((name) => document.querySelector(`[data-year="${name}"]`));
    if (Number(first.value) > Number(final.value)) (moved === first ? final : first).value = moved.value;
    document.getElementById("map-from").value = first.value === first.min ? "" : first.value;
    document.getElementById("map-to").value = final.value === final.max ? "" : final.value;
    showYears();
    refresh();
  }

  // Let the field grow: year by year from the first to today.
  let playing = null;
  function play(button) {
    const final = document.querySelector('[data-year="to"]');
    const stop = () => {
      clearInterval(playing);
      playing = null;
      button.textContent = "Play";
      form().requestSubmit();
    };
    if (playing) return stop();
    button.textContent = "Stop";
    final.value = final.value === final.max ? final.min : final.value;
    slide(final);
    playing = setInterval(() => {
      final.value = Number(final.value) + 1;
      slide(final);
      if (final.value === final.max) stop();
    }, STEP);
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours = labels.colours = tokens();
    renderer.setSetting("labelColor", { color: colours.ink });
    refresh();
  });

  const at = /^#at=(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(location.hash);
  if (at) renderer.getCamera().setState({ x: Number(at[1]), y: Number(at[2]), ratio: Number(at[3]) });
  box.dataset.drawn = "true"; // the first picture; what is marked follows
  if (at) last = { ...last, region: wanted().region };
  await apply();
  box.dataset.ready = "true";
}

function build({ points, topics }) {
  const graph = new graphology.Graph({ type: "directed" });
  const most = points.cited.reduce((high, one) => Math.max(high, one), 1);
  const least = points.id.length > 20_000 ? 1.4 : points.id.length > 2_000 ? 2.2 : 3;
  points.id.forEach((key, place) => {
    const [cited, topic] = [points.cited[place], points.topic[place]];
    graph.addNode(key, {
      x: points.x[place], y: points.y[place], year: points.year[place], hue: topic === null ? null : topics[topic][1], cited,
      size: least + 6 * Math.sqrt(cited / most),
    });
  });
  return graph;
}

// Regions with those within them; `every` finds one by its key.
function tree(rows) {
  const every = new Map();
  const tops = [];
  for (const [key, above, name, x, y, reach, papers] of rows) {
    const parent = every.get(String(above));
    const region = { key: String(key), name, x, y, reach, papers, level: parent ? parent.level + 1 : 0, below: [] };
    every.set(region.key, region);
    (parent ? parent.below : tops).push(region);
  }
  return Object.assign(tops, { every });
}

// A name in lines of some twenty letters; what a dot parts begins a new line.
function wrapped(name) {
  if (name.length <= 22) return [name];
  const lines = [];
  for (const part of name.split(" · ")) {
    lines.push("");
    for (const word of part.split(" ")) {
      const line = lines.at(-1);
      if (line && line.length + word.length > 22) lines.push(word);
      else lines[lines.length - 1] = line ? `${line} ${word}` : word;
    }
  }
  return lines;
}
