"use strict";
// Ratings by number keys: each rates one criterion and goes on to the next that is open. Without it, radio buttons do.
(() => {
  const form = document.querySelector("#rate");
  const groups = [...form.querySelectorAll("fieldset.criterion")];
  const checked = (group) => group.querySelector("input:checked");
  const goTo = (group) => {
    const radio = checked(group) || group.querySelector("input");
    radio.focus({ preventScroll: true });
    group.scrollIntoView({ block: "nearest" });
  };
  const off = () => document.documentElement.classList.contains("no-keys") || document.querySelector("dialog[open]");
  document.addEventListener("keydown", (event) => {
    if (off() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target instanceof Element ? event.target : document.body;
    const here = groups.indexOf(target.closest("fieldset.criterion"));
    if (/^[1-5]$/.test(event.key)) {
      const open = groups.findIndex((group) => !checked(group));
      const at = here >= 0 ? here : Math.max(open, 0);
      event.preventDefault();
      groups[at].querySelector(`input[value="${event.key}"]`).checked = true;
      groups[at].classList.remove("missing");
      if (at + 1 < groups.length) goTo(groups[at + 1]); else form.querySelector(".actions .approve").focus();
    }
    if (event.key === "Backspace") {
      const at = here >= 0 ? here : groups.length;
      if (at > 0) { event.preventDefault(); goTo(groups[at - 1]); }
    }
    if (event.key === "Enter" && target === document.body) { event.preventDefault(); form.querySelector(".actions .approve").click(); }
  });
  form.addEventListener("change", (event) => event.target.closest(".criterion").classList.remove("missing"));
})();
