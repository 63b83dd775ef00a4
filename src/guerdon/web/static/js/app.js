// Keeps what the app shows offline: its shell, which is nobody's, and a dated snapshot of whoever is signed in.
import { drop, keep, kept } from "./snapshot.js";
import { registered } from "./registering.js";

const { app, offline, signed } = document.body.dataset;
const fresh_ms = 30000;
const shell = `guerdon-app${new URL(".", import.meta.url).pathname}`;
const scripts = ["offline.js", "snapshot.js", "code.js", "app.js", "registering.js"];

async function keep_shell() {
  const cache = await caches.open(shell);
  // Its colors and its marks. What changed lies at another address, so the page that asks for it is kept anew.
  const brand = [...document.querySelectorAll("link[href^='/brand/'], img[src^='/brand/']")].map((each) => each.href || each.src);
  const there = await Promise.all([offline, ...brand].map((each) => cache.match(each)));
  if (there.every(Boolean)) return;
  const styles = [...document.querySelectorAll("link[rel=stylesheet], link[rel=preload]")].map(({ href }) => href);
  const icons = [...document.querySelectorAll("use")].map((use) => use.getAttribute("href").split("#")[0]);
  const ours = scripts.map((name) => new URL(name, import.meta.url).href);
  await cache.addAll([...new Set([offline, ...brand, ...styles, ...icons, ...ours])]);
  for (const name of await caches.keys()) if (name !== shell) await caches.delete(name);
}

async function keep_snapshot() {
  const before = await kept(app);
  if (before && Date.now() + before.early_ms - before.at < fresh_ms) return;
  const answer = await fetch(`${app}/snapshot`, { redirect: "manual" });
  if (answer.ok) await keep(app, await answer.json());
  dispatchEvent(new Event("guerdon:kept"));
}

async function begin() {
  if (signed === undefined) {
    await drop(app);
    return;
  }
  if ("serviceWorker" in navigator) {
    await registered();
    await keep_shell();
  }
  await keep_snapshot();
}

for (const form of document.querySelectorAll("form[data-leaves]")) {
  form.addEventListener("submit", () => drop(app).catch(() => {}));
}

if (isSecureContext && window.indexedDB) begin().catch(() => {});
