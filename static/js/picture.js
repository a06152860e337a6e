// What the pictures of the graph and of the map have in common: colours, labels that never stand on one another, keys, tools.

export function say(text) {
  document.getElementById("explorer-spoken").textContent = text;
}

export function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function duration() {
  return still() ? 0 : 150;
}

export function link(url, text) {
  return Object.assign(document.createElement("a"), { href: url, textContent: text });
}

export function short(label) {
  return label.length > 60 ? `${label.slice(0, 58)}…` : label;
}

export async function ask(url) {
  // As the page preloads it.
  const answer = await fetch(url, { headers: {}, credentials: "same-origin", mode: "cors" });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

// Canvas and WebGL know fewer colours than style sheets: what was drawn of one is read back.
function rgb(colour) {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
  return `rgba(${r}, ${g}, ${b}, ${(a / 255).toFixed(2)})`;
}

// The colours of the page, in light or dark as it is now; `hue` gives that of a topic, by the number of its hue.
export function tokens() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => rgb(style.getPropertyValue(name).trim());
  // Mixed with the paper: WebGL adds colours that let some through to what is behind them, and light ones vanish.
  const sheer = (name, share) => rgb(`color-mix(in oklab, ${style.getPropertyValue(name)}, ${style.getPropertyValue("--paper")} ${share}%)`);
  const hues = new Map();
  const colours = {
    ink: read("--ink"), paper: read("--paper"), meta: read("--meta"), line: read("--line"), fieldLine: sheer("--field-line", 45), faint: sheer("--line", 60),
    link: read("--link"), font: style.getPropertyValue("--sans"), serif: style.getPropertyValue("--serif"),
    hue(number) {
      if (number === null || number === undefined) return colours.meta;
      if (!hues.has(number)) {
        const probe = Object.assign(document.createElement("span"), { className: `hue-${number}` });
        document.body.append(probe);
        hues.set(number, rgb(getComputedStyle(probe).getPropertyValue("--topic") || colours.meta));
        probe.remove();
      }
      return hues.get(number);
    },
  };
  return colours;
}

// Labels of nodes, drawn in the order that they come in; one that would stand on another is left out until there is room.
export class Labels {
  constructor(colours) {
    this.colours = colours;
    this.taken = [];
    this.reserved = []; // places that nothing may be written on
  }

  clear() {
    this.taken = [...this.reserved];
  }

  // Keep off a box that floats over the canvas.
  keepOff(box, canvas) {
    const [it, whole] = [box.getBoundingClientRect(), canvas.getBoundingClientRect()];
    this.reserved = [[it.left - whole.left, it.top - whole.top, it.right - whole.left, it.bottom - whole.top]];
  }

  isFree(box) {
    return !this.taken.some(([x1, y1, x2, y2]) => box[0] < x2 && x1 < box[2] && box[1] < y2 && y1 < box[3]);
  }

  draw = (pen, node, settings) => {
    if (!node.label) return;
    const size = settings.labelSize;
    pen.font = `${node.forceLabel ? "600 " : ""}${size}px ${settings.labelFont}`;
    const wide = pen.measureText(node.label).width;
    const edge = pen.canvas.width / (window.devicePixelRatio || 1);
    const right = node.x + node.size + 3;
    const left = right + wide > edge && node.x > edge / 2 ? Math.max(2, node.x - node.size - 3 - wide) : right;
    const box = [left, node.y - size * 0.7, left + wide, node.y + size * 0.5];
    if (!this.isFree(box)) return;
    this.taken.push(box);
    this.write(pen, node.label, left, node.y + size / 3);
  };

  // Text with a rim of paper, so that it can be read on anything.
  write(pen, text, x, y, colour = this.colours.ink) {
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeStyle = this.colours.paper;
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }

  drawHover = (pen, node, settings) => {
    const size = settings.labelSize;
    pen.font = `600 ${size}px ${settings.labelFont}`;
    const width = pen.measureText(node.label || "").width;
    pen.strokeStyle = this.colours.link;
    pen.lineWidth = 1.5;
    if (node.label) {
      pen.fillStyle = this.colours.paper;
      pen.beginPath();
      pen.rect(node.x + node.size + 1, node.y - size * 0.8, width + 8, size * 1.6);
      pen.fill();
      pen.stroke();
    }
    pen.beginPath();
    pen.arc(node.x, node.y, node.size + 2, 0, 2 * Math.PI);
    pen.stroke();
    pen.fillStyle = this.colours.ink;
    pen.fillText(node.label || "", node.x + node.size + 5, node.y + size / 3);
  };
}

export const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// The nearest of some nodes on one side of a node; without a node, the one nearest to the middle.
export function towards(graph, chosen, [dx, dy], among, middle = { x: 0, y: 0 }) {
  const from = chosen ? graph.getNodeAttributes(chosen) : middle;
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

// The keys: arrows step from node to node, Enter opens, Escape lets go, plus and minus zoom, 0 shows all.
export function wireKeys(canvas, renderer, { step, open, letGo }) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const camera = renderer.getCamera();
    const time = { duration: duration() };
    if (event.key in arrows) step(arrows[event.key], event.shiftKey);
    else if (event.key === "Enter") open();
    else if (event.key === "Escape") letGo();
    else if (event.key === "+" || event.key === "=") camera.animatedZoom(time);
    else if (event.key === "-") camera.animatedUnzoom(time);
    else if (event.key === "0") camera.animatedReset(time);
    else return;
    event.preventDefault();
  });
}

// The buttons: `savers` makes a file of each kind that can be saved.
export function wireTools(tools, renderer, name, savers) {
  tools.hidden = false;
  tools.addEventListener("click", ({ target }) => {
    const camera = renderer.getCamera();
    const time = { duration: duration() };
    if (target.dataset.zoom === "in") camera.animatedZoom(time);
    if (target.dataset.zoom === "out") camera.animatedUnzoom(time);
    if (target.dataset.zoom === "all") camera.animatedReset(time);
    const kind = target.dataset.save;
    if (kind in savers) save(savers[kind](), `${name}.${kind}`);
  });
}

async function save(made, name) {
  const url = URL.createObjectURL(await made);
  const hidden = Object.assign(document.createElement("a"), { href: url, download: name });
  hidden.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(`${name} was saved.`);
}

export function asPNG(renderer, colours) {
  renderer.refresh();
  const layers = Object.values(renderer.getCanvases());
  const whole = Object.assign(document.createElement("canvas"), { width: layers[0].width, height: layers[0].height });
  const pen = whole.getContext("2d");
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, whole.width, whole.height);
  for (const layer of layers) pen.drawImage(layer, 0, 0);
  return new Promise((done) => whole.toBlob(done, "image/png"));
}
