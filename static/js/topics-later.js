// Topics that are suggested by words alone give way to better ones when those are ready, unless a choice was made already.
const EVERY = 2000;
const LONGEST = 120_000;

const block = document.querySelector("#draft-topics[data-later]");
const begun = Date.now();
let isTouched = false;

function put(html) {
  const found = new DOMParser().parseFromString(html, "text/html").querySelector("#draft-topics");
  if (!found) return;
  if (isTouched) block.querySelector(".help").replaceWith(found.querySelector(".help"));
  else block.replaceWith(found);
}

async function ask() {
  let answer = null;
  try {
    answer = await fetch(block.dataset.later, { headers: { "X-Requested-With": "fetch" } });
  } catch {
    // The next turn tries again.
  }
  if (answer?.status === 200) put(await answer.text());
  else if (Date.now() - begun < LONGEST) setTimeout(ask, EVERY);
}

if (block) {
  block.addEventListener("change", () => { isTouched = true; });
  setTimeout(ask, EVERY);
}
