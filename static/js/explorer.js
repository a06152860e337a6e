// The picture of a part of the graph: drawn by sigma, walked by mouse or keys. The tables under it say the same.
import { Labels, asPNG, ask, duration, link, say, short, tokens, towards, wireKeys, wireTools } from "./picture.js";

const box = document.querySelector("[data-graph]");
if (box) explore(box).catch(() => say("The picture could not be drawn here; the tables below say the same."));

async function explore(box) {
  const data = await ask(box.dataset.graph);
  const canvas = box.querySelector(".explorer__canvas");
  const panel = box.querySelector("[data-panel]");
  const graph = new graphology.Graph({ multi: true, type: "directed" });
  const heaviest = data.nodes.reduce((most, node) => Math.max(most, node[5]), 1);
  const isMany = data.edges.length > 3000;

  // What is new of some nodes and links; returns the keys of all of them.
  function add({ nodes, edges }) {
    const keys = new Set();
    for (const [key, label, url, x, y, weight, hue, year, isStart] of nodes) {
      keys.add(key);
      if (graph.hasNode(key)) {
        if (label) graph.setNodeAttribute(key, "label", label);
        continue;
      }
      const [kind, number] = key.split(":");
      const size = (kind === "paper" ? 3 + 9 * Math.sqrt(weight / heaviest) : 4) + (isStart ? 3 : 0);
      graph.addNode(key, { label, url: url || box.dataset.paper.replace("0", number), x, y, size, hue, year, kind, isStart: Boolean(isStart), weight });
    }
    for (const [tail, head, kind] of edges) {
      const [from, to] = [nodes[tail][0], nodes[head][0]];
      const key = `${from} ${kind} ${to}`;
      keys.add(key);
      if (!graph.hasEdge(key)) graph.addEdgeWithKey(key, from, to, { kind, size: 1, type: isMany || kind === "similar" ? "line" : "arrow" });
    }
    return keys;
  }
  const always = add(data);
  let chosen = null;
  let near = new Set();
  let colours = tokens();
  const labels = new Labels(colours);

  const renderer = new Sigma(graph, canvas, {
    labelDensity: 2, labelGridCellSize: 90, labelRenderedSizeThreshold: 5, defaultDrawNodeLabel: labels.draw, labelFont: colours.font, labelSize: 12,
    labelColor: { color: colours.ink }, zIndex: true, minCameraRatio: 0.02, maxCameraRatio: 3, hideEdgesOnMove: isMany,
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
      return { ...it, color: touched ? (chosen ? colours.meta : colours.fieldLine) : colours.faint, zIndex: touched ? 1 : 0, hidden: !touched && isMany };
    },
  });

  renderer.on("beforeRender", () => labels.clear());

  function choose(key, { follow = false } = {}) {
    chosen = key;
    near = new Set(key ? graph.neighbors(key) : []);
    if (key && !graph.getNodeAttribute(key, "label")) name(key, follow);
    panel.hidden = !key;
    if (key) fill(panel, key);
    say(key ? `${graph.getNodeAttribute(key, "label")}, ${graph.degree(key)} links` : data.in_words);
    if (key && follow) {
      const spot = renderer.getNodeDisplayData(key);
      if (spot) renderer.getCamera().animate({ x: spot.x, y: spot.y }, { duration: duration() });
    }
    renderer.refresh({ skipIndexation: true });
    remember();
  }

  // What is chosen and where the camera is stand behind the # of the address.
  function remember() {
    const { x, y, ratio } = renderer.getCamera().getState();
    const isMoved = Math.abs(ratio - 1) > 0.01 || Math.hypot(x - 0.5, y - 0.5) > 0.01;
    const state = [isMoved && `at=${[x, y, ratio].map((one) => one.toFixed(3)).join(",")}`, chosen && `node=${chosen}`].filter(Boolean).join("&");
    history.replaceState(history.state, "", `${location.pathname}${location.search}${state ? `#${state}` : ""}`);
  }
  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    const at = /^(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(state.get("at") ?? "");
    if (at) renderer.getCamera().setState({ x: Number(at[1]), y: Number(at[2]), ratio: Number(at[3]) });
    if (graph.hasNode(state.get("node"))) choose(state.get("node"));
  }

  // Of thousands only the first come with their titles.
  async function name(key, follow) {
    const found = await ask(`${box.dataset.graph.split("?")[0]}?node=${key}&hops=0`);
    if (!graph.hasNode(key)) return;
    graph.setNodeAttribute(key, "label", found.nodes[0]?.[1] || key);
    if (chosen === key) choose(key, { follow });
  }

  // Of a whole that is too large for one picture, nearer parts are asked for as one looks at them.
  let asked = 0;
  async function lookNearer() {
    const { width, height } = renderer.getDimensions();
    const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([x, y]) => renderer.viewportToGraph({ x, y }));
    const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
    const part = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map((number) => number.toFixed(4));
    const turn = ++asked;
    const found = renderer.getCamera().ratio < 0.7 ? await ask(`${box.dataset.graph}&box=${part}`) : { nodes: [], edges: [] };
    if (turn !== asked) return; // one has looked elsewhere meanwhile
    const kept = add(found);
    for (const edge of graph.edges()) if (!always.has(edge) && !kept.has(edge)) graph.dropEdge(edge);
    for (const node of graph.nodes()) if (!always.has(node) && !kept.has(node) && node !== chosen) graph.dropNode(node);
    if (found.in_words && !chosen) say(found.in_words);
    if (!found.in_words && !chosen) say(data.in_words);
    box.dataset.shown = graph.order;
  }
  function follow() {
    let waiting;
    renderer.getCamera().on("updated", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => lookNearer().catch(() => {}), 200);
    });
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
  const tools = box.querySelector("[data-tools]");
  wireTools(tools, renderer, "stemma-graph", { png: () => asPNG(renderer, colours), svg: asSVG });
  labels.keepOff(tools, canvas);
  renderer.on("resize", () => labels.keepOff(tools, canvas));

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
    const labelled = new Labels(colours);
    const nodes = graph.mapNodes((key, node) => node).filter((node) => node.label);
    for (const node of nodes.sort((a, b) => b.isStart - a.isStart || b.size - a.size)) {
      const [x, y] = spot(node).map(Number);
      const wide = 5.6 * short(node.label).length;
      const isLeft = x + node.size + 3 + wide > side;
      const from = isLeft ? x - node.size - 3 - wide : x + node.size + 3;
      const place = [from, y - 7, from + wide, y + 6];
      if (from < 0 || !labelled.isFree(place)) continue;
      labelled.taken.push(place);
      add("text", { x: isLeft ? x - node.size - 3 : from, y: y + 4, "text-anchor": isLeft ? "end" : "start", "font-size": 11, "font-family": "sans-serif", fill: colours.ink }, short(node.label));
    }
    return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours = labels.colours = tokens();
    renderer.setSetting("labelColor", { color: colours.ink });
    renderer.refresh();
  });
  // The picture stays as large as it was when nodes come and go.
  renderer.setCustomBBox(renderer.getBBox());
  if (data.is_part) follow();
  recall();
  let settling;
  renderer.getCamera().on("updated", () => {
    clearTimeout(settling);
    settling = setTimeout(remember, 200);
  });
  if (!chosen) say(data.in_words);
  box.dataset.drawn = "true";
}
