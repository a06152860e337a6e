// The picture of a part of the graph: drawn by sigma, walked by mouse or keys. The tables under it say the same.
import { Labels, asPNG, ask, duration, link, say, short, tokens, towards, wireKeys, wireTools } from "./picture.js";

const box = document.querySelector("[data-graph]");
if (box) explore(box).catch(() => say("The picture could not be drawn here; the tables below say the same."));

async function explore(box) {
  const data = await ask(box.dataset.graph);
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
  const labels = new Labels(colours);

  const renderer = new Sigma(graph, canvas, {
    labelDensity: 2, labelGridCellSize: 90, labelRenderedSizeThreshold: 5, defaultDrawNodeLabel: labels.draw, labelFont: colours.font, labelSize: 12,
    labelColor: { color: colours.ink }, zIndex: true, minCameraRatio: 0.02, maxCameraRatio: 3, hideEdgesOnMove: data.edges.length > 3000,
    defaultDrawNodeHover: labels.drawHover,
    nodeReducer(key, node) {
      const dimmed = chosen && key !== chosen && !near.has(key);
      return {
        ...node, color: dimmed ? colours.line : colours.hue(node.hue), label: dimmed ? "" : short(node.label), zIndex: dimmed ? 0 : node.isStart || key === chosen ? 2 : 1,
        highlighted: key === chosen, forceLabel: !dimmed && (node.isStart || key === chosen),
      };
    },
    edgeReducer(edge, it) {
      const touched = !chosen || graph.extremities(edge).includes(chosen);
      return { ...it, color: touched ? (chosen ? colours.meta : colours.fieldLine) : colours.faint, zIndex: touched ? 1 : 0, hidden: !touched && data.edges.length > 3000 };
    },
  });

  renderer.on("beforeRender", () => labels.clear());

  function choose(key, { follow = false } = {}) {
    chosen = key;
    near = new Set(key ? graph.neighbors(key) : []);
    panel.hidden = !key;
    if (key) fill(panel, key);
    say(key ? `${graph.getNodeAttribute(key, "label")}, ${graph.degree(key)} links` : data.in_words);
    if (key && follow) {
      const spot = renderer.getNodeDisplayData(key);
      if (spot) renderer.getCamera().animate({ x: spot.x, y: spot.y }, { duration: duration() });
    }
    renderer.refresh({ skipIndexation: true });
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

  wireKeys(canvas, renderer, {
    // Among linked ones while a node is chosen and Shift is not held.
    step(side, isShifted) {
      const among = chosen && !isShifted && near.size ? near : graph.nodes();
      const next = towards(graph, chosen, side, among) ?? (chosen ? towards(graph, chosen, side, graph.nodes()) : null);
      if (next) choose(next, { follow: true });
    },
    open() {
      if (chosen) location.assign(graph.getNodeAttribute(chosen, "url"));
    },
    letGo() {
      if (chosen) choose(null);
    },
  });
  renderer.on("clickNode", ({ node }) => choose(node));
  renderer.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
    preventSigmaDefault();
    location.assign(address("node", node));
  });
  renderer.on("clickStage", () => choose(null));
  wireTools(box.querySelector("[data-tools]"), renderer, "stemma-graph", { png: () => asPNG(renderer, colours), svg: asSVG });

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
      add("circle", { cx, cy, r: node.size, fill: colours.hue(node.hue) });
    });
    graph.forEachNode((key, node) => {
      const [x, y] = spot(node);
      if (node.isStart || graph.order <= 60) add("text", { x: +x + node.size + 3, y: +y + 4, "font-size": 11, "font-family": "sans-serif", fill: colours.ink }, short(node.label));
    });
    return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours = labels.colours = tokens();
    renderer.setSetting("labelColor", { color: colours.ink });
    renderer.refresh();
  });
  say(data.in_words);
  box.dataset.drawn = "true";
}
