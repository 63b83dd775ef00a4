// Adds notices as they come, politely, and takes away what was taken back. What was in view for a while is read.
"use strict";

const box = document.getElementById("inbox");
const news = document.getElementById("inbox-news");
const all_seen = document.getElementById("inbox-seen");
const nothing = document.getElementById("inbox-empty");
const seen_ms = 1500;
const told_ms = 800;
const again_ms = 30000;
const waiting = new Map();
const seen = new Set();
let telling = 0;
let source = null;

function day_of(name) {
  const known = [...box.children].find((each) => each.dataset.day === name);
  if (known) return known;
  const made = document.getElementById("inbox-day").content.firstElementChild.cloneNode(true);
  made.dataset.day = name;
  made.querySelector("h2").textContent = name;
  box.prepend(made);
  return made;
}

function line_of(notice) {
  const line = document.getElementById("inbox-notice").content.firstElementChild.cloneNode(true);
  line.id = `n${notice.position}`;
  line.dataset.position = notice.position;
  line.toggleAttribute("data-new", !notice.seen);
  line.querySelector("strong").textContent = notice.title;
  const time = line.querySelector("time");
  time.dateTime = notice.at;
  time.textContent = notice.time;
  for (const text of notice.body) {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    time.parentElement.before(paragraph);
  }
  const form = line.querySelector("form");
  const link = line.querySelector("a");
  if (["claim", "catalog"].includes(notice.leads)) {
    form.querySelector("[name=position]").value = notice.position;
    form.querySelector("button").textContent = notice.button;
  } else form.remove();
  if (notice.leads.startsWith("https://")) {
    link.href = notice.leads;
    link.textContent = notice.button;
  } else link.remove();
  return line;
}

function add(notice) {
  all_seen.querySelector("[name=until]").value = notice.position;
  if (document.getElementById(`n${notice.position}`)) return;
  const line = line_of(notice);
  day_of(notice.day).querySelector("ul").prepend(line);
  news.textContent = news.dataset.said.replace("%s", notice.title);
  if (!notice.seen) watcher.observe(line);
  settle();
}

// It reads otherwise than it did. What was not read yet stays new.
function correct(notice) {
  const line = document.getElementById(`n${notice.position}`);
  if (!line) return;
  const anew = line_of({ ...notice, seen: !line.hasAttribute("data-new") });
  const had_focus = line.contains(document.activeElement);
  watcher.unobserve(line);
  clearTimeout(waiting.get(line));
  line.replaceWith(anew);
  if (anew.hasAttribute("data-new") && !seen.has(anew.dataset.position)) watcher.observe(anew);
  if (had_focus) anew.querySelector("button, a")?.focus();
}

function take_away(position) {
  const line = document.getElementById(`n${position}`);
  if (!line) return;
  const day = line.closest("section");
  line.remove();
  if (!day.querySelector("li")) day.remove();
  settle();
}

function settle() {
  nothing.hidden = Boolean(box.querySelector("li"));
  all_seen.hidden = !box.querySelector("[data-new]");
}

// Whoever reads sees for a moment that it was new; on the next page it is not.
function tell() {
  telling = 0;
  const said = new URLSearchParams({ csrfmiddlewaretoken: all_seen.elements.csrfmiddlewaretoken.value });
  for (const position of [...seen].slice(0, 50)) {
    said.append("position", position);
    seen.delete(position);
  }
  fetch(all_seen.getAttribute("action"), { method: "POST", body: said, keepalive: true }).catch(() => {});
  if (seen.size) telling = setTimeout(tell, told_ms);
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(waiting.get(target));
    if (!isIntersecting || document.visibilityState !== "visible") continue;
    const note = () => {
      watcher.unobserve(target);
      seen.add(target.dataset.position);
      telling ||= setTimeout(tell, told_ms);
    };
    waiting.set(target, setTimeout(note, seen_ms));
  }
});

function listen() {
  source = new EventSource(box.dataset.live);
  source.addEventListener("notice", (event) => {
    const address = new URL(box.dataset.live, location.href);
    address.searchParams.set("after", event.lastEventId);
    box.dataset.live = address.pathname + address.search;
    add(JSON.parse(event.data));
  });
  source.addEventListener("corrected", (event) => correct(JSON.parse(event.data)));
  source.addEventListener("gone", (event) => JSON.parse(event.data).forEach(take_away));
  source.onerror = () => {
    // A browser tries again by itself unless it was told no: then later, from where this page is.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, again_ms);
  };
}

if (box) {
  for (const line of box.querySelectorAll("[data-new]")) watcher.observe(line);
  document.addEventListener("visibilitychange", () => {
    for (const line of box.querySelectorAll("[data-new]")) {
      if (seen.has(line.dataset.position)) continue;
      watcher.unobserve(line);
      watcher.observe(line);
    }
  });
  if (box.dataset.live) listen();
}
