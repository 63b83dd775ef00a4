// Says when the network is away, and keeps the page: nothing is left or sent until it is there again.
"use strict";

const away = document.getElementById("offline");

function say(slow) {
  if (!away) return;
  away.hidden = navigator.onLine && !slow;
  away.querySelector("[data-offline]").hidden = navigator.onLine;
  away.querySelector("[data-slow]").hidden = !navigator.onLine || !slow;
}

addEventListener("online", () => say(false));
addEventListener("offline", () => say(false));
addEventListener("guerdon:failed", () => say(true));
addEventListener("guerdon:answered", () => say(false));

// A page that cannot be fetched would take the place of this one, with the code that stands on it.
for (const name of ["click", "submit"]) {
  document.addEventListener(name, (event) => {
    const leads = name === "submit" || (event.target instanceof Element && event.target.closest("a[href]:not([href^='#'])"));
    if (!leads || navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(false);
    away?.scrollIntoView({ block: "center" });
  }, true);
}

// A form that is on its way is not sent a second time by an impatient finger.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (button.getAttribute("aria-busy") === "true") event.preventDefault();
  button.setAttribute("aria-busy", "true");
  setTimeout(() => button.removeAttribute("aria-busy"), 8000);
});
addEventListener("pageshow", () => document.querySelectorAll("[aria-busy]").forEach((each) => each.removeAttribute("aria-busy")));

say(false);
