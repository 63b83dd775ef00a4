// Shows what is pushed, and opens it when it is tapped: pages of ours alone, whatever the notification says.
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
