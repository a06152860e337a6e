// A search field with data-suggest-url offers, while one types, what may be meant: a combobox with a list of links,
// data-suggest-most at most, where the list lies over something worth seeing.
// Nothing is chosen until the reader moves into the list, so that Enter searches for what stands in the field.
const PAUSE = 120; // milliseconds without a key before a request
const CJK = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u; // one character is a word

for (const field of document.querySelectorAll("[data-suggest-url]")) suggestFor(field);

function suggestFor(field) {
  const list = make("div", "suggestions", { id: `${field.id}-suggestions`, role: "listbox", "aria-label": "Suggestions" });
  const spoken = make("p", "visually-hidden", { "aria-live": "polite" });
  let chosen = -1;
  let timer;
  let request;

  list.hidden = true;
  field.form.append(list, spoken);
  setAll(field, { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" });

  function close() {
    clearTimeout(timer);
    request?.abort();
    show([]);
  }

  function show(found) {
    list.replaceChildren(...found.map((one, place) => row({ ...one, url: addressFrom(field, one.url) }, `${list.id}-${place}`)));
    list.hidden = !found.length;
    list.scrollTop = 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
    spoken.textContent = found.length ? `${found.length} suggestion${found.length > 1 ? "s" : ""}` : "";
    choose(-1);
  }

  function choose(place) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = place;
    const option = list.children[chosen];
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  // Steps past either end lead back to the field, which has the place -1.
  function move(step) {
    const places = list.children.length + 1;
    choose(((chosen + 1 + step + places) % places) - 1);
  }

  async function ask() {
    clearTimeout(timer);
    request?.abort();
    if (!isEnough(field.value)) return show([]);
    request = new AbortController();
    const { signal } = request;
    try {
      const answer = await fetch(`${field.dataset.suggestUrl}?${new URLSearchParams({ q: field.value })}`, { signal });
      const found = answer.ok ? (await answer.json()).suggestions : [];
      if (!signal.aborted) show(found.slice(0, field.dataset.suggestMost));
    } catch {
      if (!signal.aborted) show([]); // the search works without
    }
  }

  // What an input method is still composing is nobody's word yet: all others hear of it once it is.
  field.form.addEventListener("input", (event) => event.isComposing && event.stopPropagation(), true);
  field.addEventListener("compositionend", () => field.dispatchEvent(new Event("input", { bubbles: true })));

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const isOpen = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) move(event.key === "ArrowDown" ? 1 : -1);
      else ask();
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      list.children[chosen].click();
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      close();
    } else if (["Home", "End", "ArrowLeft", "ArrowRight"].includes(event.key)) {
      choose(-1); // the caret moves in the text
    }
  });

  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  field.addEventListener("blur", close);
  field.form.addEventListener("submit", close);
  addEventListener("pagehide", close);
}

function isEnough(text) {
  return [...text.trim()].length > 1 || CJK.test(text);
}

// A completed query is asked as the form would ask it: in the order and with the filters that it carries along.
function addressFrom(field, url) {
  const address = new URL(url, location.href);
  if (address.pathname !== new URL(field.form.action).pathname) return url;
  for (const [name, value] of new FormData(field.form)) {
    if (name !== field.name) address.searchParams.append(name, value);
  }
  return address.href;
}

function row({ kind, label, detail, url }, id) {
  const option = make("a", "suggestion", { id, role: "option", "aria-selected": "false", tabindex: "-1", href: url });
  const title = make("span", "suggestion__label", {}, label);
  const kindly = make("span", "suggestion__kind", {}, kind);
  option.append(title, " ", kindly, detail && ` · ${detail}`);
  return option;
}

function make(tag, name, attributes, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  setAll(element, attributes);
  return element;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
