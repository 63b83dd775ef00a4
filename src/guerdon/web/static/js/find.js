// Finds from every page: Ctrl+K or its field opens it, arrows walk, Enter opens, Escape goes back. What is typed
// is posted, for it may say who somebody is. Without this script the link leads to a page.
"use strict";

const box = document.getElementById("find");

if (box) {
  const form = box.querySelector("form");
  const field = form.elements.q;
  const found = box.querySelector("[data-found]");
  const links = () => [...found.querySelectorAll("a")];
  const typed = () => field.value.trim();
  let timer = 0;
  let asking = null;
  // Whether the first is opened as soon as it is there; whether the last try failed.
  let onward = false;
  let failed = false;

  const show = (about, part, said) => {
    asking = null;
    found.dataset.about = about;
    found.replaceChildren(part);
    box.querySelector("[role=status]").textContent = said;
    if (onward) links()[0]?.click();
    onward = false;
  };

  const fail = () => {
    failed = true;
    show("", found.dataset.failed, found.dataset.failed);
  };

  const ask = () => {
    clearTimeout(timer);
    asking?.abort();
    failed = false;
    const about = typed();
    if (!about) return show("", "", "");
    const request = new XMLHttpRequest();
    asking = request;
    request.open("POST", form.action);
    request.responseType = "document";
    request.setRequestHeader("X-Part", "find");
    request.timeout = 15000;
    request.onload = () => {
      if (request !== asking) return;
      const answer = request.responseXML?.querySelector("[data-answer]");
      if (answer) show(about, document.importNode(answer, true), answer.dataset.answer);
      else fail();
    };
    request.onerror = request.ontimeout = () => request === asking && fail();
    request.send(new URLSearchParams(new FormData(form)));
  };

  const open = (event) => {
    event.preventDefault();
    box.showModal();
    field.select();
  };

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyK") return;
    if (!box.open) return open(event);
    event.preventDefault();
    box.close();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-find]") && !event.ctrlKey && !event.metaKey) open(event);
  });

  // Beside it, or on what leads away: whoever comes back finds the page as it was.
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target.closest("a, [data-close]")) box.close();
  });

  box.addEventListener("close", () => (onward = false));

  field.addEventListener("input", () => {
    onward = false;
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });

  // After a failure the form is sent as without this script.
  form.addEventListener("submit", (event) => {
    if (failed) return;
    event.preventDefault();
    if (found.dataset.about === typed()) return links()[0]?.click();
    onward = true;
    ask();
  });

  box.addEventListener("keydown", (event) => {
    const there = links();
    const at = there.indexOf(document.activeElement);
    if (event.key === "ArrowDown") (there[at + 1] ?? there[at] ?? field).focus();
    else if (event.key === "ArrowUp") (there[at - 1] ?? field).focus();
    else {
      // Whoever types on while on a line types into the field.
      if (at >= 0 && (event.key.length === 1 || event.key === "Backspace")) field.focus();
      return;
    }
    event.preventDefault();
  });

  for (const each of document.querySelectorAll("[data-keys]")) {
    each.textContent = navigator.platform.startsWith("Mac") ? "\u2318K" : "Ctrl K";
    each.hidden = false;
  }
}
