// Finds as one types: the same address is fetched, and the part that was found takes the old one's place.
// The last answer wins, whichever comes first; the address in the browser is the one that is shown.
"use strict";

const form = document.querySelector("form.search");
const field = document.getElementById("q");
const found = document.getElementById("found");
const pause_ms = 200;
// What failed is asked for again after ever longer, and then left to the member.
const waits_ms = [3000, 6000, 12000, 24000];
let timer = 0;
let asking = null;

function ask(address, failed = 0) {
  clearTimeout(timer);
  asking?.abort();
  const request = new XMLHttpRequest();
  asking = request;
  found.setAttribute("aria-busy", "true");
  request.open("GET", address);
  request.responseType = "document";
  request.setRequestHeader("X-Part", "found");
  request.timeout = 15000;
  request.onload = () => {
    if (request !== asking) return;
    found.removeAttribute("aria-busy");
    const moved = request.responseURL !== new URL(address, location.href).href;
    // The reward ended or was used meanwhile: the page itself says so. Too many questions may be asked later.
    const refused = request.status >= 400 && request.status < 500 && request.status !== 429;
    if (moved || refused) return location.reload();
    if (request.status !== 200 || !request.responseXML) return fail(address, failed);
    dispatchEvent(new Event("guerdon:answered"));
    show(request.responseXML.body);
    history.replaceState(null, "", address);
  };
  request.onerror = request.ontimeout = () => request === asking && fail(address, failed);
  request.send();
}

// Whoever looked among the filters still does.
function show(part) {
  const filters = found.querySelector(".filters");
  const open = filters?.open;
  const inside = filters?.contains(document.activeElement);
  found.replaceChildren(...document.importNode(part, true).childNodes);
  const now = found.querySelector(".filters");
  if (now && open) now.open = true;
  if (now && inside) now.querySelector("summary").focus({ preventScroll: true });
}

function fail(address, failed) {
  found.removeAttribute("aria-busy");
  dispatchEvent(new Event("guerdon:failed"));
  if (failed < waits_ms.length) timer = setTimeout(() => ask(address, failed + 1), waits_ms[failed]);
}

function address() {
  const said = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...said]) if (!value.trim()) said.delete(name);
  return form.action + (said.size ? `?${said}` : "");
}

if (form && found) {
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(address()), pause_ms);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    event.submitter?.removeAttribute("aria-busy");
    ask(address());
  });
  // What narrows it is an address; it is fetched, and the form goes along with it.
  found.addEventListener("click", (event) => {
    const link = event.target.closest(".chip, .sorts a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const said = new URL(link.href).searchParams;
    for (const kept of form.querySelectorAll("input[type=hidden]")) kept.remove();
    for (const [name, value] of said) {
      if (name === "q" || name === "page") continue;
      const kept = document.createElement("input");
      Object.assign(kept, { type: "hidden", name, value });
      form.append(kept);
    }
    field.value = said.get("q") ?? "";
    ask(link.href);
  });
}
