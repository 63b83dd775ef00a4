// Says once that the page was in view for a moment; a machine that fetches links shows nothing to anybody.
"use strict";

const seen_form = document.getElementById("seen");
const seen_ms = 1500;

function tell_when_seen(form, line) {
  let waiting = 0;
  const tell = () => {
    watcher.disconnect();
    document.removeEventListener("visibilitychange", again);
    const said = new URLSearchParams(new FormData(form));
    fetch(form.action, { method: "POST", body: said, keepalive: true }).catch(() => {});
  };
  const watcher = new IntersectionObserver((entries) => {
    clearTimeout(waiting);
    const shown = entries.some((entry) => entry.isIntersecting) && document.visibilityState === "visible";
    if (shown) waiting = setTimeout(tell, seen_ms);
  });
  // A page that was opened behind others is looked at later.
  const again = () => {
    clearTimeout(waiting);
    watcher.unobserve(line);
    watcher.observe(line);
  };
  document.addEventListener("visibilitychange", again);
  watcher.observe(line);
}

if (seen_form) tell_when_seen(seen_form, document.querySelector("h1"));
