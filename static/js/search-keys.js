// "/" goes to the search field, Escape leaves it with its text; what another script has answered is left alone.
const field = document.querySelector("[data-search-field]");

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

document.addEventListener("keydown", (event) => {
  if (!field || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !isTyping(event.target)) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape" && event.target === field) {
    event.preventDefault(); // browsers would empty the field
    field.blur();
  }
});
