// The live search: what was searched for has its place in the history, and a reader hears of it when no answer comes.
const field = document.querySelector("[data-search-field][hx-get]");
const status = document.getElementById("search-status");
let isNew = true; // what is typed next is another search, not the same one typed further

if (field) {
  field.addEventListener("htmx:configRequest", () => {
    field.removeAttribute(isNew ? "hx-replace-url" : "hx-push-url");
    field.setAttribute(isNew ? "hx-push-url" : "hx-replace-url", "true");
    isNew = false;
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    field.addEventListener(failure, () => {
      status.textContent = `No answer came for “${field.value.slice(0, 60)}”; what is shown is of the search before. Press Enter to try again.`;
    });
  }
  // What is shown already needs no second entry in the history.
  field.form.addEventListener("submit", (event) => {
    const shown = new URLSearchParams(location.search).get("q");
    if (shown === field.value && !status.textContent.startsWith("No answer") && !isNew) {
      event.preventDefault();
      isNew = true;
    }
  });
}
