// Looks how an order is doing, at growing pauses, for as long as it is on its way and the page is looked at.
// A code that stands on the page stays there, whatever comes of the next look.
"use strict";

const box = document.getElementById("order");
const pauses_s = [2, 3, 5, 8, 13, 21, 34, 55];
const looks_max = 40;
const seen_ms = 1500;
let looks = 0;
let timer = 0;

function later() {
  clearTimeout(timer);
  if (!box.dataset.poll || document.hidden || looks >= looks_max) return;
  timer = setTimeout(look, 1000 * pauses_s[Math.min(looks, pauses_s.length - 1)]);
}

function look() {
  looks += 1;
  const request = new XMLHttpRequest();
  request.open("GET", box.dataset.poll);
  request.responseType = "document";
  request.setRequestHeader("X-Part", "order");
  request.timeout = 20000;
  request.onload = () => {
    const now = request.responseXML?.querySelector("[data-at]");
    if (request.status !== 200 || !now) return fail();
    dispatchEvent(new Event("guerdon:answered"));
    if (now.dataset.state === box.dataset.state) return later();
    // What one can do about it, and the form that says it was seen, are other ones now.
    if (!box.querySelector("[data-code]")) location.reload();
  };
  request.onerror = request.ontimeout = fail;
  request.send();
}

function fail() {
  dispatchEvent(new Event("guerdon:failed"));
  later();
}

// Only what was in view for a while was seen; a machine that fetches links shows nothing to anybody.
function watch(form) {
  let waiting = 0;
  const tell = () => {
    const said = new URLSearchParams(new FormData(form));
    fetch(form.action, { method: "POST", body: said, keepalive: true }).catch(() => {});
    watcher.disconnect();
  };
  const watcher = new IntersectionObserver((entries) => {
    clearTimeout(waiting);
    const shown = entries.some((entry) => entry.isIntersecting) && document.visibilityState === "visible";
    if (shown) waiting = setTimeout(tell, seen_ms);
  });
  for (const code of document.querySelectorAll("[data-code], .pin")) watcher.observe(code);
}

if (box) {
  document.addEventListener("visibilitychange", () => {
    looks = Math.min(looks, 2);
    later();
  });
  addEventListener("online", () => {
    looks = 0;
    later();
  });
  later();
  const form = document.getElementById("seen");
  if (form) watch(form);
}
