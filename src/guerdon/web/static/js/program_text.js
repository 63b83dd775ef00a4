// A program's text: line numbers with the mistakes marked, checked while somebody types, and what may stand here.
// Without this script the text is checked when it is saved.
const CHECK_MS = 500;
const OFFER_MS = 150;
const LINE_PX = 20;
const PADDING_PX = 8;

const frame = document.querySelector("[data-writing]");
if (frame) {
  const area = frame.querySelector("textarea");
  const form = area.closest("form");
  const gutter = document.createElement("pre");
  const offers = document.createElement("ul");
  const list = document.getElementById("problem-list");
  const status = document.getElementById("checked");
  let problems = JSON.parse(frame.dataset.problems);
  let chosen = -1;
  let from = 0;
  let asked = 0;
  let offerTimer = 0;
  let checkTimer = 0;

  gutter.className = "gutter";
  gutter.setAttribute("aria-hidden", "true");
  offers.className = "offers";
  offers.id = "offers";
  offers.hidden = true;
  offers.setAttribute("role", "listbox");
  offers.setAttribute("aria-label", frame.dataset.offers);
  frame.prepend(gutter);
  frame.append(offers);
  area.wrap = "off";
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-haspopup", "listbox");
  area.setAttribute("aria-controls", "offers");

  const post = async (fields) => {
    const body = new URLSearchParams({
      csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, text: area.value, ...fields,
    });
    const answer = await fetch(frame.dataset.ask, { method: "POST", body, headers: { Accept: "application/json" } });
    return answer.ok ? answer.json() : null;
  };

  const place = () => {
    const before = area.value.slice(0, area.selectionStart);
    const line = before.split("\n").length;
    return { line, column: [...before.slice(before.lastIndexOf("\n") + 1)].length };
  };

  const number = () => {
    const wrong = new Set(problems.map((problem) => problem.line));
    const count = area.value.split("\n").length;
    const lines = document.createDocumentFragment();
    for (let line = 1; line <= count; line += 1) {
      const row = document.createElement("span");
      row.textContent = String(line);
      if (wrong.has(line)) row.dataset.wrong = "";
      lines.append(row);
    }
    gutter.replaceChildren(lines);
    gutter.scrollTop = area.scrollTop;
  };

  const go = (line) => {
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1] || "").length);
    area.scrollTop = Math.max(0, (line - 4) * LINE_PX);
    gutter.scrollTop = area.scrollTop;
  };

  const tell = (count) => {
    status.textContent = problems.length ? `${frame.dataset.some} ${count}` : frame.dataset.none;
    area.setAttribute("aria-invalid", String(problems.length > 0));
    const rows = problems.map((problem) => {
      const row = document.createElement("li");
      const said = document.createElement("span");
      if (problem.line) {
        const link = document.createElement("a");
        link.href = `#line-${problem.line}`;
        link.textContent = frame.dataset.line.replace("%s", problem.line);
        said.append(link, " ");
      }
      for (const [text, name] of [[problem.where, "code"], [problem.what, "bdi"], [problem.hint, "small"]]) {
        if (!text) continue;
        const part = document.createElement(name);
        if (name === "code") part.dir = "ltr";
        part.textContent = text;
        said.append(part, " ");
      }
      row.append(said);
      return row;
    });
    list.replaceChildren(...rows);
    number();
  };

  const check = async () => {
    asked += 1;
    const turn = asked;
    const found = await post({ act: "check" });
    if (!found || turn !== asked) return;
    problems = found.problems;
    tell(found.count);
  };

  const close = () => {
    offers.hidden = true;
    chosen = -1;
    area.removeAttribute("aria-activedescendant");
  };

  const choose = (index) => {
    const rows = [...offers.children];
    chosen = (index + rows.length) % rows.length;
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === chosen)));
    rows[chosen].scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", rows[chosen].id);
  };

  const take = () => {
    const end = area.selectionStart;
    const begin = area.value.lastIndexOf("\n", end - 1) + 1;
    const line = [...area.value.slice(begin, end)];
    const start = begin + line.slice(0, from).join("").length;
    area.setRangeText(offers.children[chosen].textContent, start, end, "end");
    close();
    area.dispatchEvent(new Event("input"));
  };

  const show = (found) => {
    from = found.start;
    offers.replaceChildren(...found.options.map((option, at) => {
      const row = document.createElement("li");
      row.id = `offer-${at}`;
      row.setAttribute("role", "option");
      row.textContent = option;
      row.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(at);
        take();
      });
      return row;
    }));
    const { line, column } = place();
    const wide = area.clientWidth;
    offers.style.insetBlockStart = `${PADDING_PX + line * LINE_PX - area.scrollTop}px`;
    offers.style.insetInlineStart = `${Math.min(gutter.offsetWidth + column * 7.8 - area.scrollLeft, Math.max(0, wide - 220))}px`;
    offers.hidden = false;
    choose(0);
  };

  const offer = async () => {
    const at = place();
    const turn = area.value.length;
    const found = await post({ act: "complete", ...at });
    if (!found || turn !== area.value.length || document.activeElement !== area) return;
    if (found.options.length) show(found);
    else close();
  };

  area.addEventListener("input", () => {
    number();
    clearTimeout(checkTimer);
    checkTimer = setTimeout(check, CHECK_MS);
    clearTimeout(offerTimer);
    const typed = area.value.slice(0, area.selectionStart).at(-1) || "";
    if (/[\w.({'" ]/.test(typed)) offerTimer = setTimeout(offer, OFFER_MS);
    else close();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      offer();
      return;
    }
    if (offers.hidden) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      choose(chosen + move);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (!/^.$/u.test(event.key) && event.key !== "Backspace") close();
  });
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  area.addEventListener("blur", close);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#line-']");
    if (!link) return;
    event.preventDefault();
    go(Number(link.hash.slice("#line-".length)));
  });
  number();
  const wanted = Number(location.hash.startsWith("#line-") ? location.hash.slice("#line-".length) : 0);
  if (wanted) go(wanted);
}
