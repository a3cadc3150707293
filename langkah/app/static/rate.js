"use strict";
// Ratings by number keys: each rates one criterion and goes on to the next. Without it, radio buttons do.
// What is entered is kept on the server at once, as a draft, so that neither another page nor a closed tab loses it.
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
      entered(groups[at]);
      if (at + 1 < groups.length) goTo(groups[at + 1]); else form.querySelector(".actions .approve").focus();
    }
    if (event.key === "Backspace") {
      const at = here >= 0 ? here : groups.length;
      if (at > 0) { event.preventDefault(); goTo(groups[at - 1]); }
    }
    if (event.key === "Enter" && target === document.body) { event.preventDefault(); form.querySelector(".actions .approve").click(); }
  });
  form.addEventListener("change", (event) => entered(event.target.closest(".criterion")));

  // --- the draft: one request at a time, so that an older one cannot come last
  const told = form.querySelector(".kept");
  const fields = () => new URLSearchParams([...new FormData(form), ["action", "keep"]]);
  let kept = String(fields());
  let sending = null;
  let leaving = false;
  const unkept = () => !leaving && String(fields()) !== kept;
  const post = () => {
    const body = fields();
    const taken = (response) => { if (response.status !== 204) throw new Error(); kept = String(body); };
    return fetch(form.getAttribute("action"), { method: "POST", body, keepalive: true, redirect: "error" }).then(taken);
  };
  const tell = (text) => { if (told.textContent !== text) told.textContent = text; };
  const send = async () => {
    try {
      while (unkept()) await post();
      told.classList.remove("lost");
      tell(told.dataset.kept);
    } catch {
      told.classList.add("lost");
      tell(told.dataset.lost);
    }
  };
  const keep = () => { sending ??= send().finally(() => { sending = null; }); };
  const entered = (group) => {
    group.classList.remove("missing");
    keep();
  };
  form.addEventListener("submit", (event) => {
    if (sending) { // what is on its way must not arrive behind this
      event.preventDefault();
      sending.then(() => form.requestSubmit(event.submitter));
    } else leaving = true;
  });
  addEventListener("online", () => { if (unkept()) keep(); });
  addEventListener("pagehide", () => { if (unkept()) post().catch(() => {}); });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("beforeunload", (event) => { if (!sending && unkept()) event.preventDefault(); });
})();
