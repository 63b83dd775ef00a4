// The one worker that a page of ours may ever register: it shows what is pushed, and the app without a network.
const worker = "/devices/worker.js";
const scope = "/m";

function address() {
  if (!window.trustedTypes) return worker;
  return trustedTypes.createPolicy("push", { createScriptURL: () => worker }).createScriptURL(worker);
}

let asked = null;

export function registered() {
  asked ||= register();
  return asked;
}

async function register() {
  const registration = await navigator.serviceWorker.register(address(), { scope });
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
