// The picture of a part of the graph: drawn by sigma, walked by mouse or keys. The tables under it say the same.
const box = document.querySelector("[data-graph]");
if (box) explore(box).catch(() => say("The picture could not be drawn here; the tables below say the same."));

function say(text) {
  document.getElementById("explorer-spoken").textContent = text;
}

async function explore(box) {
  const answer = await fetch(box.dataset.graph, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  const data = await answer.json();
  const canvas = box.querySelector(".explorer__canvas");
  const panel = box.querySelector("[data-panel]");
  const graph = new graphology.Graph({ multi: true, type: "directed" });
  const heaviest = Math.max(1, ...data.nodes.map((node) => node[5]));
  for (const [key, label, url, x, y, weight, hue, year, isStart] of data.nodes) {
    const kind = key.split(":")[0];
    const size = (kind === "paper" ? 3 + 9 * Math.sqrt(weight / heaviest) : 4) + (isStart ? 3 : 0);
    graph.addNode(key, { label, url, x, y, size, hue, year, kind, isStart: Boolean(isStart), weight });
  }
  for (const [tail, head, kind] of data.edges) {
    graph.addEdge(data.nodes[tail][0], data.nodes[head][0], { kind, size: 1, type: kind === "similar" ? "line" : "arrow" });
  }
  let chosen = null;
  let near = new Set();
  let colours = tokens();

  let taken = []; // where labels stand in this frame
  const renderer = new Sigma(graph, canvas, {
    labelDensity: 2, labelGridCellSize: 90, labelRenderedSizeThreshold: 5, defaultDrawNodeLabel: drawLabel, labelFont: colours.font, labelSize: 12,
    labelColor: { color: colours.ink }, zIndex: true, minCameraRatio: 0.02, maxCameraRatio: 3, hideEdgesOnMove: data.edges.length > 3000,
    defaultDrawNodeHover: drawHover,
    nodeReducer(key, node) {
      const dimmed = chosen && key !== chosen && !near.has(key);
      return {
        ...node, color: dimmed ? colours.line : nodeColour(node), label: dimmed ? "" : short(node.label), zIndex: dimmed ? 0 : node.isStart || key === chosen ? 2 : 1,
        highlighted: key === chosen, forceLabel: !dimmed && (node.isStart || key === chosen),
      };
    },
    edgeReducer(edge, it) {
      const touched = !chosen || graph.extremities(edge).includes(chosen);
      return { ...it, color: touched ? (chosen ? colours.meta : colours.fieldLine) : colours.faint, zIndex: touched ? 1 : 0, hidden: !touched && data.edges.length > 3000 };
    },
  });

  renderer.on("beforeRender", () => {
    taken = [];
  });

  function tokens() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => rgb(style.getPropertyValue(name).trim());
    return {
      ink: read("--ink"), paper: read("--paper"), meta: read("--meta"), line: read("--line"), fieldLine: rgb(`color-mix(in oklab, ${style.getPropertyValue("--field-line")}, transparent 45%)`),
      faint: rgb(`color-mix(in oklab, ${style.getPropertyValue("--line")}, transparent 60%)`), link: read("--link"),
      light: style.getPropertyValue("--topic-light"), chroma: style.getPropertyValue("--topic-chroma"), font: style.getPropertyValue("--sans"), hues: new Map(),
    };
  }

  // Canvas and WebGL know fewer colours than style sheets: what was drawn of one is read back.
  function rgb(colour) {
    const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return `rgba(${r}, ${g}, ${b}, ${(a / 255).toFixed(2)})`;
  }

  function nodeColour(node) {
    if (node.hue === null) return colours.meta;
    if (!colours.hues.has(node.hue)) {
      const probe = Object.assign(document.createElement("span"), { className: `hue-${node.hue}` });
      document.body.append(probe);
      colours.hues.set(node.hue, rgb(getComputedStyle(probe).getPropertyValue("--topic") || colours.meta));
      probe.remove();
    }
    return colours.hues.get(node.hue);
  }

  function short(label) {
    return label.length > 60 ? `${label.slice(0, 58)}…` : label;
  }

  // Sigma draws the labels of large nodes first; one that would stand on another is left out until there is room.
  function drawLabel(pen, node, settings) {
    if (!node.label) return;
    const size = settings.labelSize;
    pen.font = `${node.forceLabel ? "600 " : ""}${size}px ${settings.labelFont}`;
    const left = node.x + node.size + 3;
    const box = [left, node.y - size * 0.7, left + pen.measureText(node.label).width, node.y + size * 0.5];
    if (taken.some(([x1, y1, x2, y2]) => box[0] < x2 && x1 < box[2] && box[1] < y2 && y1 < box[3])) return;
    taken.push(box);
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeStyle = colours.paper;
    pen.strokeText(node.label, left, node.y + size / 3);
    pen.fillStyle = colours.ink;
    pen.fillText(node.label, left, node.y + size / 3);
  }

  function drawHover(pen, node, settings) {
    const size = settings.labelSize;
    pen.font = `600 ${size}px ${settings.labelFont}`;
    const width = pen.measureText(node.label || "").width;
    pen.fillStyle = colours.paper;
    pen.strokeStyle = colours.link;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.rect(node.x + node.size + 1, node.y - size * 0.8, width + 8, size * 1.6);
    pen.fill();
    pen.stroke();
    pen.beginPath();
    pen.arc(node.x, node.y, node.size + 2, 0, 2 * Math.PI);
    pen.stroke();
    pen.fillStyle = colours.ink;
    pen.fillText(node.label || "", node.x + node.size + 5, node.y + size / 3);
  }

  function choose(key, { follow = false } = {}) {
    chosen = key;
    near = new Set(key ? graph.neighbors(key) : []);
    panel.hidden = !key;
    if (key) fill(panel, key);
    say(key ? `${graph.getNodeAttribute(key, "label")}, ${graph.degree(key)} links` : data.in_words);
    if (key && follow) {
      const spot = renderer.getNodeDisplayData(key);
      if (spot) renderer.getCamera().animate({ x: spot.x, y: spot.y }, { duration: still() ? 0 : 150 });
    }
    renderer.refresh({ skipIndexation: true });
  }

  function still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  function fill(panel, key) {
    const node = graph.getNodeAttributes(key);
    const title = document.createElement("h2");
    title.append(link(node.url, node.label));
    const about = document.createElement("p");
    about.className = "meta";
    about.textContent = [node.kind, node.year, node.kind === "paper" ? `cited by ${node.weight} here` : "", `${graph.degree(key)} links shown`].filter(Boolean).join(" · ");
    const actions = document.createElement("p");
    actions.append(link(address("node", key), "Show more around it"), " · ", link(address("hide", key), "Hide"));
    if (node.kind === "paper" && chosenBefore && chosenBefore !== key && chosenBefore.startsWith("paper:"))
      actions.append(" · ", link(address("path", chosenBefore, key), `Path from “${short(graph.getNodeAttribute(chosenBefore, "label")).slice(0, 40)}”`));
    panel.replaceChildren(title, about, actions);
    chosenBefore = key;
  }
  let chosenBefore = null;

  function address(name, ...values) {
    const asked = new URLSearchParams(box.dataset.address);
    if (name === "node") asked.delete("all");
    if (name === "path") asked.delete("path");
    for (const value of values) asked.append(name, value);
    if (name === "hide") {
      const kept = asked.getAll("node").filter((node) => node !== values[0]);
      asked.delete("node");
      for (const node of kept) asked.append("node", node);
    }
    return `${box.dataset.explorer}?${asked}`;
  }

  function link(url, text) {
    return Object.assign(document.createElement("a"), { href: url, textContent: text });
  }

  // From a node the arrow keys go to the nearest one on that side; among linked ones while a node is chosen and Shift is not held.
  function towards(dx, dy, among) {
    const from = chosen ? graph.getNodeAttributes(chosen) : { x: 0, y: 0 };
    let best = null;
    let least = Infinity;
    for (const key of among) {
      if (key === chosen) continue;
      const { x, y } = graph.getNodeAttributes(key);
      const [ax, ay] = [x - from.x, y - from.y];
      const along = ax * dx + ay * dy;
      const aside = Math.abs(ax * dy) + Math.abs(ay * dx);
      if (chosen && along <= 0) continue;
      const cost = chosen ? along + 2 * aside : Math.hypot(ax, ay);
      if (cost < least) [least, best] = [cost, key];
    }
    return best;
  }

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const camera = renderer.getCamera();
    if (event.key in arrows) {
      const among = chosen && !event.shiftKey && near.size ? near : graph.nodes();
      const next = towards(...arrows[event.key], among) ?? (chosen ? towards(...arrows[event.key], graph.nodes()) : null);
      if (next) choose(next, { follow: true });
    } else if (event.key === "Enter" && chosen) location.assign(graph.getNodeAttribute(chosen, "url"));
    else if (event.key === "Escape" && chosen) choose(null);
    else if (event.key === "+" || event.key === "=") camera.animatedZoom({ duration: still() ? 0 : 150 });
    else if (event.key === "-") camera.animatedUnzoom({ duration: still() ? 0 : 150 });
    else if (event.key === "0") camera.animatedReset({ duration: still() ? 0 : 150 });
    else return;
    event.preventDefault();
  });
  renderer.on("clickNode", ({ node }) => choose(node));
  renderer.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
    preventSigmaDefault();
    location.assign(address("node", node));
  });
  renderer.on("clickStage", () => choose(null));
  const tools = box.querySelector("[data-tools]");
  tools.hidden = false;
  tools.addEventListener("click", ({ target }) => {
    const camera = renderer.getCamera();
    const duration = still() ? 0 : 150;
    if (target.dataset.zoom === "in") camera.animatedZoom({ duration });
    if (target.dataset.zoom === "out") camera.animatedUnzoom({ duration });
    if (target.dataset.zoom === "all") camera.animatedReset({ duration });
    if (target.dataset.save === "png") save(asPNG(), "stemma-graph.png");
    if (target.dataset.save === "svg") save(Promise.resolve(asSVG()), "stemma-graph.svg");
  });

  async function save(made, name) {
    const url = URL.createObjectURL(await made);
    const hidden = Object.assign(document.createElement("a"), { href: url, download: name });
    hidden.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    say(`${name} was saved.`);
  }

  function asPNG() {
    renderer.refresh();
    const layers = Object.values(renderer.getCanvases());
    const whole = Object.assign(document.createElement("canvas"), { width: layers[0].width, height: layers[0].height });
    const pen = whole.getContext("2d");
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, whole.width, whole.height);
    for (const layer of layers) pen.drawImage(layer, 0, 0);
    return new Promise((done) => whole.toBlob(done, "image/png"));
  }

  function asSVG() {
    const side = 1000;
    const spot = ({ x, y }) => [(side / 2) * (1 + 0.92 * x), (side / 2) * (1 - 0.92 * y)].map((one) => one.toFixed(1));
    const root = document.implementation.createDocument("http://www.w3.org/2000/svg", "svg");
    const add = (name, attributes, text) => {
      const made = root.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (text) made.textContent = text;
      root.documentElement.append(made);
    };
    root.documentElement.setAttribute("viewBox", `0 0 ${side} ${side}`);
    add("rect", { width: side, height: side, fill: colours.paper });
    graph.forEachEdge((edge, it, tail, head, from, to) => {
      const [x1, y1] = spot(from);
      const [x2, y2] = spot(to);
      add("line", { x1, y1, x2, y2, stroke: colours.fieldLine });
    });
    graph.forEachNode((key, node) => {
      const [cx, cy] = spot(node);
      add("circle", { cx, cy, r: node.size, fill: nodeColour(node) });
    });
    graph.forEachNode((key, node) => {
      const [x, y] = spot(node);
      if (node.isStart || graph.order <= 60) add("text", { x: +x + node.size + 3, y: +y + 4, "font-size": 11, "font-family": "sans-serif", fill: colours.ink }, short(node.label));
    });
    return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours = tokens();
    renderer.setSetting("labelColor", { color: colours.ink });
    renderer.refresh();
  });
  say(data.in_words);
  box.dataset.drawn = "true";
}
