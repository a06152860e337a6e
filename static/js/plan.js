// The boxes of a plan: what is ticked brings what it needs, and what nothing brings any more can go; counts what is ticked.
const form = document.querySelector(".plan-form");

const boxes = form ? [...form.querySelectorAll('input[name="take"]')] : [];
const byToken = new Map(boxes.map((box) => [box.value, box]));
const needs = (box) => (box.dataset.needs ?? "").split(" ").filter(Boolean).map((token) => byToken.get(token)).filter(Boolean);

function tick(box) {
  box.checked = true;
  for (const needed of needs(box)) if (!needed.checked) tick(needed);
}

function untick(box) {
  box.checked = false;
  for (const other of boxes) if (other.checked && needs(other).includes(box)) untick(other);
}

function count() {
  const output = form.querySelector(".plan-ticked");
  const ticked = boxes.filter((box) => box.checked).length;
  output.textContent = `${ticked} of ${boxes.length} ticked`;
}

function offerAll(group) {
  const own = [...group.querySelectorAll('input[name="take"]')];
  if (own.length < 2) return;
  const line = document.createElement("p");
  for (const [text, act] of [["Tick all", tick], ["Tick none", untick]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plan-all";
    button.textContent = text;
    button.addEventListener("click", () => {
      own.forEach(act);
      for (const rest of group.querySelectorAll('input[name="rest"]')) rest.checked = act === tick;
      count();
    });
    line.append(button);
  }
  group.querySelector("summary").after(line);
}

if (form) {
  form.addEventListener("change", ({ target }) => {
    if (target.name !== "take") return;
    (target.checked ? tick : untick)(target);
    count();
  });
  form.addEventListener("input", ({ target }) => {
    if (target.dataset.chooses) document.getElementById(target.dataset.chooses).checked = true;
  });
  form.querySelectorAll("details.plan-group").forEach(offerAll);
  count();
}
