// The tree of topics: moved by pointer and by keyboard, renamed in place. Each change is one POST, and the page that
// answers takes the place of this one, so that what is shown is what is stored.

const page = () => document.querySelector("[data-tree-page]");
const tree = () => document.querySelector("[data-tree]");
const items = () => [...tree().querySelectorAll("[data-topic]")];
const rowOf = (item) => item.querySelector(":scope > .tree-row");
const listOf = (item) => item.querySelector(":scope > ul");
const parentOf = (item) => item.parentElement.closest("[data-topic]");
const nameOf = (item) => item.dataset.name;
let picked = null; // { item, parent, before, list, next } while a topic is held by the keyboard
let dragged = null; // { item, over, where } while one is held by a pointer

function say(text) {
  const live = document.querySelector("[data-tree-live]");
  if (live) live.textContent = text;
}

// Asking and showing

async function send(url, data) {
  page().classList.add("tree-waits");
  try {
    const response = await fetch(url, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
    if (response.redirected && !response.url.includes("/tree/")) return location.assign(response.url);
    show(new DOMParser().parseFromString(await response.text(), "text/html"), response.url);
  } catch {
    say("No answer came. Nothing is sure to have changed; the page is loaded anew.");
    location.reload();
  }
}

function show(answer, url) {
  const fresh = answer.querySelector("[data-tree-page]");
  if (!fresh) return location.assign(url); // logged out, or refused
  const focused = document.activeElement?.closest?.("[data-topic]")?.dataset.topic;
  page().replaceWith(document.adoptNode(fresh));
  history.replaceState(null, "", url);
  const wanted = new URL(url).searchParams.get("topic") || focused;
  begin(wanted);
  const news = document.querySelector("[data-tree-news]").textContent.replace(/\s+/g, " ").trim();
  if (wanted) focus(items().find((item) => item.dataset.topic === wanted));
  setTimeout(() => say(news.replace(/ Undo$/, "")), 50);
}

function wish(fields) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", tree().querySelector("[name=csrfmiddlewaretoken]").value);
  for (const [name, value] of Object.entries(fields)) data.set(name, value ?? "");
  return send(page().dataset.url, data);
}

// Where an item stands

function place(item) {
  return {
    parent: parentOf(item)?.dataset.topic ?? "",
    before: item.nextElementSibling?.dataset.topic ?? "",
  };
}

function move(item, seenUnder) {
  const { parent, before } = place(item);
  return wish({ do: "move", topic: item.dataset.topic, parent, before, seen_under: seenUnder });
}

function childrenOf(item) {
  return listOf(item) ?? item.appendChild(Object.assign(document.createElement("ul"), { role: "group" }));
}

function tell(item) {
  const siblings = [...item.parentElement.children];
  const above = parentOf(item);
  return `${nameOf(item)}: ${siblings.indexOf(item) + 1} of ${siblings.length} ${above ? `under ${nameOf(above)}` : "at the top"}`;
}

// The keyboard

function focus(item) {
  if (!item) return;
  for (const other of items()) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
}

function pick(item) {
  picked = { item, list: item.parentElement, next: item.nextElementSibling, parent: parentOf(item)?.dataset.topic ?? "" };
  item.classList.add("tree-picked");
  say(`Picked up ${tell(item)}. Arrows move it, Enter drops it, Escape puts it back.`);
}

function drop() {
  const { item, parent, list, next } = picked;
  const stays = item.parentElement === list && item.nextElementSibling === next;
  item.classList.remove("tree-picked");
  picked = null;
  if (stays) return say(`${nameOf(item)} stays where it was.`);
  move(item, parent);
}

function putBack() {
  const { item, list, next } = picked;
  list.insertBefore(item, next);
  item.classList.remove("tree-picked");
  picked = null;
  focus(item);
  say(`Put back ${tell(item)}.`);
}

function carry(key) {
  const { item } = picked;
  const before = item.previousElementSibling;
  const after = item.nextElementSibling;
  const above = parentOf(item);
  if (key === "ArrowUp" && before) before.before(item);
  else if (key === "ArrowDown" && after) after.after(item);
  else if (key === "ArrowRight" && before) childrenOf(before).append(item);
  else if (key === "ArrowLeft" && above) above.after(item);
  else return say(`${nameOf(item)} cannot go further that way.`);
  item.focus();
  rowOf(item).scrollIntoView({ block: "nearest" });
  say(tell(item));
}

function step(item, key) {
  const shown = items();
  const at = shown.indexOf(item);
  if (key === "ArrowDown") focus(shown[at + 1]);
  else if (key === "ArrowUp") focus(shown[at - 1]);
  else if (key === "Home") focus(shown[0]);
  else if (key === "End") focus(shown.at(-1));
  else if (key === "ArrowRight") focus(listOf(item)?.firstElementChild);
  else if (key === "ArrowLeft") focus(parentOf(item));
}

const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

function onKey(event) {
  const item = event.target;
  if (!item.matches?.("[data-topic]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const { key } = event;
  if (picked) {
    if (ARROWS.includes(key)) carry(key);
    else if (key === "Enter" || key === " ") drop();
    else if (key === "Escape") putBack();
    else if (key === "Tab") return putBack();
    else return;
  } else if (ARROWS.includes(key) || key === "Home" || key === "End") step(item, key);
  else if (key === " ") pick(item);
  else if (key === "Enter") rowOf(item).querySelector("a").click();
  else if (key === "F2") rename(item);
  else return;
  event.preventDefault();
}

// Names in place

function rename(item) {
  const link = rowOf(item).querySelector("a");
  const field = Object.assign(document.createElement("input"), { type: "text", value: nameOf(item), maxLength: 200, className: "tree-rename" });
  field.setAttribute("aria-label", `New name of ${nameOf(item)}`);
  link.hidden = true;
  link.after(field);
  field.select();
  const end = () => {
    field.remove();
    link.hidden = false;
    focus(item);
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") end();
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (field.value.trim() === nameOf(item)) return end();
    wish({ do: "rename", topic: item.dataset.topic, name: field.value, seen_as: nameOf(item) });
  });
  field.addEventListener("blur", () => field.isConnected && !page().classList.contains("tree-waits") && end());
}

// The pointer: mouse, pen and finger alike

function unmark() {
  for (const kind of ["before", "after", "inside"]) {
    for (const item of tree().querySelectorAll(`.tree-${kind}`)) item.classList.remove(`tree-${kind}`);
  }
}

function hover(x, y) {
  unmark();
  dragged.over = null;
  const row = document.elementFromPoint(x, y)?.closest?.(".tree-row");
  const over = row?.parentElement;
  if (!over?.dataset.topic || dragged.item.contains(over)) return;
  const box = row.getBoundingClientRect();
  const share = (y - box.top) / box.height;
  dragged.over = over;
  dragged.where = share < 0.3 ? "before" : share > 0.7 && !listOf(over)?.children.length ? "after" : "inside";
  over.classList.add(`tree-${dragged.where}`);
}

function scrollAtEdge(y) {
  const edge = 48;
  if (y < edge) scrollBy(0, -12);
  else if (y > innerHeight - edge) scrollBy(0, 12);
}

function onPointerDown(event) {
  const handle = event.target.closest("[data-handle]");
  if (!handle || event.button !== 0 || picked) return;
  event.preventDefault();
  const item = handle.closest("[data-topic]");
  dragged = { item, over: null, where: "" };
  item.classList.add("tree-dragged");
  handle.setPointerCapture(event.pointerId);
  say(`Dragging ${nameOf(item)}.`);
  const onMove = (moved) => {
    hover(moved.clientX, moved.clientY);
    scrollAtEdge(moved.clientY);
  };
  const onEscape = (pressed) => pressed.key === "Escape" && end(true);
  const end = (cancelled) => {
    handle.removeEventListener("pointermove", onMove);
    document.removeEventListener("keydown", onEscape);
    const { over, where } = dragged;
    dragged = null;
    unmark();
    item.classList.remove("tree-dragged");
    if (cancelled || !over) return say(`${nameOf(item)} stays where it was.`);
    put(item, over, where);
  };
  handle.addEventListener("pointermove", onMove);
  handle.addEventListener("pointerup", () => dragged && end(false), { once: true });
  handle.addEventListener("pointercancel", () => dragged && end(true), { once: true });
  document.addEventListener("keydown", onEscape);
}

function put(item, over, where) {
  const seenUnder = parentOf(item)?.dataset.topic ?? "";
  const was = [item.parentElement, item.nextElementSibling];
  if (where === "inside") childrenOf(over).append(item);
  else over[where](item);
  if (item.parentElement === was[0] && item.nextElementSibling === was[1]) return;
  focus(item);
  move(item, seenUnder);
}

// Beginning, and again whenever the page was exchanged

function begin(wanted) {
  for (const one of document.querySelectorAll("[data-with-script]")) one.hidden = false;
  page().addEventListener("submit", onSubmit);
  if (!tree()) return;
  const roots = tree().querySelector("ul");
  roots.setAttribute("role", "tree");
  roots.setAttribute("aria-label", "Topics");
  roots.setAttribute("aria-describedby", "tree-help");
  for (const list of roots.querySelectorAll("ul")) list.setAttribute("role", "group");
  for (const item of items()) {
    const isChosen = Boolean(rowOf(item).querySelector("[aria-current]"));
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-label", `${rowOf(item).querySelector(".tree-number").textContent} ${nameOf(item)}, ${rowOf(item).querySelector(".tree-count").textContent.trim()} papers`);
    item.setAttribute("aria-selected", String(isChosen));
    if (listOf(item)) item.setAttribute("aria-expanded", "true");
    item.tabIndex = -1;
    for (const inner of rowOf(item).querySelectorAll("a, button")) inner.tabIndex = -1;
    rowOf(item).querySelector("[data-handle]").hidden = false;
  }
  const first = items().find((item) => item.dataset.topic === wanted) ?? items()[0];
  if (first) first.tabIndex = 0;
  tree().addEventListener("keydown", onKey);
  tree().addEventListener("pointerdown", onPointerDown);
  tree().addEventListener("dblclick", (event) => {
    const item = event.target.closest("[data-topic]");
    if (item && event.target.closest(".tree-row")) rename(item);
  });
  tree().addEventListener("click", onClick);
}

// Choosing a topic exchanges what stands beside the tree, and leaves the tree where it is.
async function onClick(event) {
  const link = event.target.closest("a.tree-name");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const response = await fetch(link.href);
    show(new DOMParser().parseFromString(await response.text(), "text/html"), response.url);
    if (!matchMedia("(min-width: 64rem)").matches) document.getElementById("chosen")?.scrollIntoView();
  } catch {
    location.assign(link.href);
  }
}

function onSubmit(event) {
  const form = event.target;
  if (form.matches("[data-leaves]") || form.method !== "post") return;
  event.preventDefault();
  send(form.action, new FormData(form, event.submitter));
}

if (page()) begin(new URL(location.href).searchParams.get("topic"));
