// Lets a member be told on this device: only after a tap, and only where the browser can.
import { registered } from "./registering.js";

const form = document.getElementById("device");
const said = document.getElementById("device-said");
const can = isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function say(what) {
  said.textContent = said.dataset[what];
}

// It had a worker apart from the app's once: what is told there would be told twice.
async function let_go_of_old() {
  const old = await navigator.serviceWorker.getRegistration("/devices/");
  if (old && new URL(old.scope).pathname === "/devices/") await old.unregister();
}

async function subscribed() {
  const { pushManager } = await registered();
  await let_go_of_old();
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
