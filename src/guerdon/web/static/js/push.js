// Lets a member be told on this device: only after a tap, and only where the browser can. It is shown by a worker
// of its own, which lives at an address that no page of ours lies under.
"use strict";

const form = document.getElementById("device");
const said = document.getElementById("device-said");
const worker = "/devices/worker.js";
const can = isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function say(what) {
  said.textContent = said.dataset[what];
}

// The one script that a page of ours may ever register.
function address() {
  if (!window.trustedTypes) return worker;
  return trustedTypes.createPolicy("push", { createScriptURL: () => worker }).createScriptURL(worker);
}

async function registered() {
  const known = await navigator.serviceWorker.getRegistration("/devices/");
  const registration = known || (await navigator.serviceWorker.register(address(), { scope: "/devices/" }));
  if (registration.active) return registration;
  const coming = registration.installing || registration.waiting;
  await new Promise((resolve, reject) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated") resolve();
      if (coming.state === "redundant") reject(new Error("the worker went away"));
    });
  });
  return registration;
}

async function subscribed() {
  const { pushManager } = await registered();
  const wanted = { userVisibleOnly: true, applicationServerKey: form.dataset.key };
  try {
    return await pushManager.subscribe(wanted);
  } catch (fault) {
    // It may be subscribed by a key of before.
    const kept = await pushManager.getSubscription();
    if (!kept) throw fault;
    await kept.unsubscribe();
    return pushManager.subscribe(wanted);
  }
}

async function tell() {
  if ((await Notification.requestPermission()) !== "granted") return say("denied");
  const subscription = await subscribed();
  const answer = await fetch(form.getAttribute("action"), {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok || answer.redirected) return say("failed");
  form.querySelector("button").hidden = true;
  say("done");
}

if (form && can && Notification.permission !== "denied") {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell().catch(() => say("failed"));
  });
}
