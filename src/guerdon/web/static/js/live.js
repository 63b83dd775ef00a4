// The label that says how live the page is, and the care that rows never move under pointer or focus.
"use strict";

const label = document.getElementById("live");
const text = document.getElementById("live-text");
const silence_ms_max = 40000;
let heard_at = 0;
let changed_at = 0;
let lost_at = 0;
const held = new Map();

const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? label.dataset.second.replace("{n}", seconds) : label.dataset.minute.replace("{n}", Math.floor(seconds / 60));
}

function show() {
  const now = Date.now();
  if (heard_at && now - heard_at > silence_ms_max) lost_at ||= heard_at;
  if (!heard_at && !lost_at) return;
  label.dataset.state = lost_at ? "off" : "on";
  if (lost_at) text.textContent = label.dataset.lost.replace("%s", clock(lost_at));
  else text.textContent = changed_at ? label.dataset.live.replace("%s", age(now - changed_at)) : label.dataset.now;
}

function heard() {
  heard_at = Date.now();
  lost_at = 0;
  show();
}

function lost() {
  lost_at ||= heard_at || Date.now();
  show();
}

const busy = (region) => region.matches(":hover") || region.contains(document.activeElement);
const rows = (root) => new Set([...root.querySelectorAll("li[id], tr[id]")].map((row) => row.id));

function count_held(region, content) {
  const note = document.getElementById(`${region.id}-held`);
  const known = rows(region);
  const fresh = [...content.matchAll(/<(?:li|tr) id="([^"]+)"/g)].filter((found) => !known.has(found[1])).length;
  note.hidden = !fresh;
  if (fresh) note.textContent = label.dataset.held.replace("%s", fresh);
}

function release(region) {
  const content = held.get(region.id);
  if (content === undefined || busy(region)) return;
  held.delete(region.id);
  document.getElementById(`${region.id}-held`).hidden = true;
  swap_in(content);
}

function swap_in(content) {
  const source = document.getElementById("stream");
  htmx.swap({ text: content, sourceElement: source, target: source, swap: "none" });
}

function news(content) {
  changed_at = Date.now();
  for (const region of document.querySelectorAll("[data-hold]")) {
    const part = new RegExp(`<hx-partial id="${region.id}">[\\s\\S]*?</hx-partial>`);
    const found = content.match(part);
    if (!found) continue;
    if (!busy(region)) {
      held.delete(region.id);
      document.getElementById(`${region.id}-held`).hidden = true;
      continue;
    }
    held.set(region.id, found[0]);
    count_held(region, found[0]);
    content = content.replace(part, "");
  }
  if (content.trim()) swap_in(content);
}

listen((what, content) => {
  if (what === "lost") return lost();
  if (what === "news") news(content);
  heard();
});

for (const region of document.querySelectorAll("[data-hold]")) {
  region.addEventListener("pointerleave", () => setTimeout(() => release(region)));
  region.addEventListener("focusout", () => setTimeout(() => release(region)));
}

setInterval(show, 1000);
