// One stream a browser and program: of all its pages that listen one asks for each, and tells the others. Pages say
// that they are there by a lock on what they ask for, so nobody has to notice that one was closed. Where a browser
// has no locks (plain http), a page listens for itself.
"use strict";

const place = document.getElementById("stream");
const shared = Boolean(navigator.locks && window.BroadcastChannel);
const again_ms = 10000;
const look_ms = 5000;
const each_max = 12;

// `hear` gets "open", "beat", "lost", or "news" with the fragments for this page.
function listen(hear) {
  const address = new URL(place.dataset.stream, location.href);
  const wanted = address.search.slice(1);
  const name = `guerdon ${address.pathname}`;
  const channel = shared ? new BroadcastChannel(name) : null;
  let had = "";
  let source = null;
  let asked = [];
  let leads = false;

  function take({ what, to, text, id }) {
    if (id) had = id;
    if (what !== "news") hear(what);
    else if (to === wanted) hear("news", text);
  }

  function tell(said) {
    channel?.postMessage(said);
    take(said);
  }

  function open(pages, anew) {
    source?.close();
    asked = pages;
    const there = new URL(address.pathname, location.href);
    for (const page of pages) there.searchParams.append("each", page);
    if (had) there.searchParams.set("last", had);
    // Who is new here may have been made before what was sent last.
    if (anew) there.searchParams.set("anew", pages.indexOf(anew));
    const opened = new EventSource(there);
    source = opened;
    opened.onopen = () => tell({ what: "open" });
    opened.onmessage = ({ data, lastEventId }) => {
      const [first] = data.split("\n", 1);
      tell({ what: "news", to: pages[Number(first)], text: data.slice(first.length + 1), id: lastEventId });
    };
    opened.addEventListener("beat", () => tell({ what: "beat" }));
    opened.onerror = () => {
      tell({ what: "lost" });
      // A browser tries again by itself unless it was told no: then later.
      if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && open(asked), again_ms);
    };
  }

  async function look(anew) {
    const { held } = await navigator.locks.query();
    const here = held.filter((lock) => lock.name.startsWith(`${name}?`)).map((lock) => lock.name.slice(name.length + 1));
    const pages = [...new Set([wanted, ...here])].slice(0, each_max).sort();
    if ((anew && pages.includes(anew)) || pages.join("\n") !== asked.join("\n")) open(pages, anew);
  }

  if (!shared) return open([wanted]);
  channel.onmessage = ({ data }) => {
    if (data.what !== "here") take(data);
    else if (leads) look(data.to);
  };
  const for_ever = () => new Promise(() => {});
  navigator.locks.request(`${name}?${wanted}`, { mode: "shared" }, () => {
    channel.postMessage({ what: "here", to: wanted });
    return for_ever();
  });
  navigator.locks.request(name, () => {
    leads = true;
    look();
    setInterval(look, look_ms);
    return for_ever();
  });
}
