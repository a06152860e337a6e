// Presses the button, link or choice of a page that names the key which was typed: <button data-key="m">.
// With several of one key (a row each), the one in the row that has the focus, else the first.

function isTyping(element) {
  return element.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isTyping(event.target)) return;
  const named = `[data-key="${CSS.escape(event.key.toLowerCase())}"]`;
  const row = document.activeElement?.closest("[data-row]");
  const found = row?.querySelector(named) ?? document.querySelector(named);
  if (found) {
    event.preventDefault();
    found.click();
    found.focus();
  }
});
