// Shows what is pushed, and opens it when it is tapped: pages of ours alone, whatever the notification says. Of the app
// it answers without a network: with what its pages kept of the shell, which is nobody's. It keeps nothing itself.
"use strict";

function read(data) {
  try {
    const said = data.json();
    return typeof said === "object" && said ? said : {};
  } catch {
    return {};
  }
}

function ours(url) {
  try {
    const there = new URL(url, location.origin);
    return there.origin === location.origin ? there.href : "";
  } catch {
    return "";
  }
}

addEventListener("push", (event) => {
  const { title, body, url, tag, lang, dir } = read(event.data);
  const options = { body, tag, lang, dir, data: { url } };
  // A browser takes the right away from whoever is pushed something and shows nothing.
  event.waitUntil(registration.showNotification(title || location.host, options));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = ours(event.notification.data?.url || "");
  if (url && event.notification.data?.url) event.waitUntil(clients.openWindow(url));
});

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

async function shell(url) {
  const offline = `${url.pathname.split("/").slice(0, 3).join("/")}/offline`;
  return (await caches.match(offline, { ignoreSearch: true, ignoreVary: true })) || Response.error();
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => shell(url)));
  } else if (["/static/", "/brand/"].some((kept) => url.pathname.startsWith(kept))) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((found) => found || fetch(request)));
  }
});
