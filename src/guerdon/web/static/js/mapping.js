// A connection's declaration is looked at while somebody types: its mistakes at their fields, and what came beside
// what it would be. Without this script the button does it.
const PAUSE_MS = 300;

const form = document.querySelector("[data-mapping]");
if (form) {
  const status = document.getElementById("checked");
  const events = JSON.parse(form.dataset.events || "{}");
  let timer = 0;
  let asked = null;

  const said = (name, text, dir) => {
    const part = document.createElement(name);
    if (dir) part.dir = dir;
    part.textContent = text;
    return part;
  };

  const tell = (found) => {
    for (const place of form.querySelectorAll("[data-wrong]")) {
      const wrong = found.told[place.dataset.wrong] || [];
      place.replaceChildren(...wrong.map((problem) => {
        const line = document.createElement("span");
        const what = said("bdi", problem.what);
        what.lang = "en";
        line.append(what);
        if (problem.hint) line.append(said("small", problem.hint));
        return line;
      }));
      for (const control of form.querySelectorAll(`[aria-describedby="${CSS.escape(place.id)}"]`)) {
        if (wrong.length) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
      }
    }
    for (const row of document.querySelectorAll("[data-row]")) {
      const place = row.querySelector("[data-then]");
      const then = found.rows[row.dataset.row];
      place.toggleAttribute("data-changed", Boolean(then && then.changed));
      if (!then) place.textContent = "–";
      else {
        const parts = [said("span", then.word)];
        if (then.kind) parts.push(" ", said("code", then.kind));
        if (then.fields.length) parts.push(" ", said("small", then.fields.join(", "), "ltr"));
        place.replaceChildren(...parts);
      }
    }
    document.getElementById("problem-list")?.replaceChildren(...found.problems.map((problem) => {
      const line = said("span", "");
      const what = said("bdi", problem.what);
      what.lang = "en";
      line.append(said("code", problem.where, "ltr"), " ", what);
      if (problem.hint) line.append(said("small", problem.hint));
      const row = document.createElement("li");
      row.append(line);
      return row;
    }));
    const none = found.count === "" ? status.dataset.none : `${status.dataset.some} ${found.count}`;
    if (status.textContent !== none) status.textContent = none;
  };

  const look = async () => {
    // Whoever typed on is told of that alone: what was asked before is not waited for.
    asked?.abort();
    const turn = asked = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "look");
    try {
      const answer = await fetch(form.dataset.ask, {
        method: "POST", body, signal: turn.signal, headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(answer.status);
      const found = await answer.json();
      if (turn === asked) tell(found);
    } catch (fault) {
      if (turn !== asked || fault.name === "AbortError") return;
      asked = null;
      status.textContent = status.dataset.failed;
    }
  };

  // Another event has other fields.
  const choose = (select) => {
    const group = form.querySelector(`[data-fields="${CSS.escape(select.dataset.event)}"]`);
    const ticked = group.hasAttribute("data-ticked");
    const name = `${select.dataset.event}.fields`;
    group.replaceChildren(...(events[select.value] || []).map(([key, text]) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      if (ticked) Object.assign(input, { type: "checkbox", name, value: key });
      else {
        Object.assign(input, { name: `${name}.${key}`, className: "input", dir: "ltr", autocomplete: "off" });
        input.spellcheck = false;
      }
      label.append(...(ticked ? [input, " ", said("bdi", text)] : [said("bdi", text), input]));
      return label;
    }));
    form.elements[`${select.dataset.event}.shown`].value = select.value;
  };

  // The last empty line of a table of values is followed by another one.
  const spare = (pair) => {
    if (pair.nextElementSibling?.hasAttribute("data-pair") || !pair.querySelector("input").value) return;
    const next = pair.cloneNode(true);
    for (const each of next.querySelectorAll("input, select")) each.value = "";
    pair.after(next);
  };

  // A row that was begun is the next to be filled in; going to a part of the page takes the focus away before.
  const begin = () => requestAnimationFrame(() => [...form.querySelectorAll("[data-begun]")].at(-1)?.focus());
  if (document.readyState === "complete") begin();
  else window.addEventListener("load", begin);

  form.addEventListener("input", (event) => {
    const pair = event.target.closest("[data-pair]");
    if (pair) spare(pair);
    if (event.target.dataset.event) choose(event.target);
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
}
