"use strict";
// Asks before texts that were changed and not decided on are left behind.
(() => {
  const form = document.querySelector("#decide");
  const dialog = document.querySelector("#unsaved");
  if (!form || !dialog) return;
  const texts = (besides) => JSON.stringify([...new FormData(form)].filter(
    ([name]) => name !== besides && (name.startsWith("prompt") || ["intro", "step", "notes", "text"].includes(name)),
  ));
  const first = {};
  const keep = (besides) => { first[besides] = texts(besides); };
  keep("");
  [...form.querySelectorAll("textarea[name^='prompt:']")].forEach((area) => keep(area.name));
  const changed = (besides = "") => "unsaved" in form.dataset || texts(besides) !== first[besides];

  let leaving = false;
  let go = () => {};
  const ask = (what) => { go = what; dialog.showModal(); };
  dialog.querySelector("[data-leave]").addEventListener("click", () => { leaving = true; dialog.close(); go(); });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("beforeunload", (event) => { if (!leaving && changed()) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || link.getAttribute("href").startsWith("#") || leaving || !changed()) return;
    event.preventDefault();
    ask(() => { location.href = link.href; });
  });
  document.addEventListener("submit", (event) => {
    if (event.target.method === "dialog" || event.target.target) return;
    // A decision takes the texts of its own item with it; of a group of variants, it is one of several.
    const of = event.target === form ? (event.submitter?.value ?? "").split(":")[1] : null;
    const lost = event.target !== form ? changed() : form.matches(".group") && of !== "all" && changed(`prompt:${of}`);
    if (leaving || !lost) { leaving = true; return; }
    event.preventDefault();
    ask(() => event.target.requestSubmit(event.submitter));
  }, true);
})();
