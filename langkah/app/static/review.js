"use strict";
// Adds keys and editing in place. Without it, every button still works: the server does the same.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = $("#decide");
  const list = $(".steps");
  const KEYS = "langkah-keys-off";
  const remembered = () => { try { return localStorage.getItem(KEYS) === "1"; } catch { return false; } };
  let keysOn = !remembered();

  // --- fields that grow with their text, where CSS cannot do it
  const grow = (area) => {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  $$("textarea").forEach(grow);
  document.addEventListener("input", (event) => { if (event.target.matches("textarea")) grow(event.target); });

  // --- steps
  const steps = () => $$(".step", list);
  const areaOf = (step) => $("textarea", step);
  const original = form ? new FormData(form) : null;
  const signature = (data) => JSON.stringify([...data].filter(([name]) => !["reason", "reason_text", "along", "csrftoken"].includes(name)));
  const first = original ? signature(original) : "";

  const relabel = () => {
    steps().forEach((step, index) => {
      const set = (selector, value) => $$(selector, step).forEach((node) => {
        const label = node.getAttribute("aria-label").replace(/\d+/, index + 1);
        node.setAttribute("aria-label", label);
        if (node.title) node.title = label;
        if (value) node.value = value;
      });
      set("textarea");
      set("[data-act=edit]");
      set("[data-act=up]", `up:${index}`);
      set("[data-act=down]", `down:${index}`);
      set("[data-act=add]", `add:${index + 1}`);
      set("[data-act=delete]", `delete:${index}`);
    });
    edited();
  };
  const edited = () => {
    const approve = $(".approve[data-edited]");
    if (!approve) return;
    const label = $("span", approve);
    label.dataset.plain ??= label.textContent;
    label.textContent = signature(new FormData(form)) === first && !("unsaved" in form.dataset) ? label.dataset.plain : approve.dataset.edited;
  };
  const edit = (step, atEnd = true) => {
    step.classList.add("editing");
    const area = areaOf(step);
    grow(area);
    area.focus();
    if (atEnd) area.setSelectionRange(area.value.length, area.value.length);
  };
  const leave = (step) => {
    if (!step || !step.classList.contains("editing")) return;
    const area = areaOf(step);
    const shown = $(".shown", step);
    if (shown.textContent.trim() !== area.value.trim()) shown.textContent = area.value.trim();
    if (area.value.trim()) step.classList.remove("editing");
  };
  const add = (after) => {
    leave(after);
    const step = $("#new-step").content.firstElementChild.cloneNode(true);
    if (after) after.after(step); else list.append(step);
    relabel();
    edit(step);
  };
  const remove = (step) => {
    const next = step.nextElementSibling || step.previousElementSibling;
    step.remove();
    relabel();
    const target = next ? $("[data-act=edit]", next) : $("[data-act=append]");
    target.focus();
  };
  const move = (step, down, focus) => {
    const other = down ? step.nextElementSibling : step.previousElementSibling;
    if (!other) return;
    if (down) other.after(step); else other.before(step);
    relabel();
    focus.focus();
    if (getComputedStyle(focus).visibility === "hidden") $(`[data-act=${down ? "up" : "down"}]`, step).focus();
  };

  if (list) {
    steps().forEach((step) => { if (!areaOf(step).value.trim()) step.classList.add("editing"); });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      const step = event.target.closest(".step");
      if (!button) {
        if (step && event.target.closest("[data-edit]") && !String(getSelection())) edit(step);
        return;
      }
      event.preventDefault();
      const acts = {
        edit: () => edit(step), add: () => add(step), append: () => add(steps().at(-1)), delete: () => remove(step),
        up: () => move(step, false, button), down: () => move(step, true, button),
      };
      acts[button.dataset.act]();
    });
    list.addEventListener("focusout", (event) => {
      const step = event.target.closest(".step");
      if (event.target.matches("textarea") && !step.contains(event.relatedTarget)) leave(step);
    });
    document.addEventListener("focusin", (event) => steps().forEach((step) => { if (!step.contains(event.target)) leave(step); }));
    form.addEventListener("input", edited);
    edited();
  }

  // --- rejecting
  const rejecting = $(".rejecting");
  const openReject = () => { rejecting.open = true; ($("input[type=radio]:checked", rejecting) || $("input", rejecting)).focus(); };
  const closeReject = () => { rejecting.open = false; $("summary", rejecting).focus(); };
  if (rejecting) {
    rejecting.addEventListener("toggle", () => { if (rejecting.open && !rejecting.contains(document.activeElement.closest("fieldset"))) openReject(); });
    $("[data-cancel]", rejecting).addEventListener("click", closeReject);
    rejecting.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); press($("button.reject", rejecting)); }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); closeReject(); }
    });
    document.addEventListener("click", (event) => { if (rejecting.open && !rejecting.contains(event.target)) rejecting.open = false; });
  }

  // --- one decision a page
  let sent = false;
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post" || event.target.target) return;
    if (sent) { event.preventDefault(); return; }
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
  const press = (node) => { if (node) node.click(); };

  // --- moments, by the reviewer's clock
  const clock = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short" });
  $$("time").forEach((node) => { node.title = node.textContent; node.textContent = clock.format(new Date(node.dateTime)); });

  // --- filters
  $$(".filters select").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));

  // --- help
  const help = $("#help");
  if (help) {
    $$("[data-help]").forEach((node) => node.addEventListener("click", () => help.showModal()));
    const box = $("#keys-on");
    const apply = () => { box.checked = keysOn; root.classList.toggle("no-keys", !keysOn); };
    box.addEventListener("change", () => {
      keysOn = box.checked;
      try { localStorage.setItem(KEYS, keysOn ? "0" : "1"); } catch { /* this page only */ }
      apply();
    });
    apply();
  }

  // --- variants
  const variants = () => $$(".variant");
  const here = () => document.activeElement.closest(".variant");
  const goTo = (variant) => { const node = variant && $(".approve", variant); if (node) node.focus(); };
  const step = (by) => {
    const all = variants();
    const now = all.indexOf(here());
    goTo(all[Math.max(0, Math.min(all.length - 1, now < 0 ? 0 : now + by))]);
  };
  if (variants().length && document.activeElement === document.body) {
    goTo($(".variant.pending.current") || $(".variant.pending") || $(".variant.current"));
  }

  // --- keys
  const typing = (node) => node.matches("textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form && typing(target)) {
      event.preventDefault();
      press($("[data-key=a]", form) || (here() && $(".approve", here())));
      return;
    }
    if (typing(target)) { inField(event, target); return; }
    if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    const group = variants().length > 0;
    const within = here() || (group ? $(".variant.pending") : null);
    const acts = {
      a: () => press(group ? within && $(".approve", within) : $("[data-key=a]")),
      r: () => (group ? press(within && $(".reject", within)) : rejecting && openReject()),
      s: () => press(group ? within && $(".skip-it", within) : $("[data-key=s]")),
      u: () => press($("[data-key=u]")),
      n: () => press($("a[rel=next]")),
      p: () => press($("a[rel=prev]")),
      e: () => (group ? within && $("textarea", within).focus() : list && steps()[0] ? edit(steps()[0]) : $("#prompt") && ($("textarea[name=text]") || $("#prompt")).focus()),
      A: () => press($("[data-key=A]")),
      "?": () => help && help.showModal(),
      ArrowDown: () => group && step(1),
      ArrowUp: () => group && step(-1),
    };
    const arrow = event.key.startsWith("Arrow");
    if (event.repeat && !arrow) return; // a key held down decides one item, not those behind it
    if (arrow && (!group || target.matches("input"))) return;
    const low = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const key = low === "a" && event.shiftKey ? "A" : low; // Caps Lock is no Shift
    if (/^[1-9]$/.test(key) && list && steps()[key - 1]) { event.preventDefault(); edit(steps()[key - 1]); return; }
    if (Object.hasOwn(acts, key)) { event.preventDefault(); acts[key](); }
  });
  const inField = (event, target) => {
    const row = target.closest(".step");
    if (event.key === "Escape") {
      event.preventDefault();
      leave(row);
      const back = row && $("[data-act=edit]", row);
      if (back && !row.classList.contains("editing")) back.focus(); else target.blur();
    }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && target.matches(".prompt, .variant textarea")) event.preventDefault();
    if (!row || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); leave(row); add(row); }
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); move(row, event.key === "ArrowDown", target); }
    if (event.key === "Delete" && event.ctrlKey) { event.preventDefault(); remove(row); }
    if (event.key === "Backspace" && !target.value && steps().length > 1) { event.preventDefault(); remove(row); }
  };
})();
