// Fills the page that is shown without a network with what this phone kept, and says of when that is.
import { kept } from "./snapshot.js";
import { turn } from "./code.js";

const { app } = document.body.dataset;

function line(title, ...small) {
  const made = document.createElement("li");
  const box = document.createElement("div");
  const strong = document.createElement("strong");
  strong.textContent = title;
  box.append(strong);
  for (const text of small.filter(Boolean)) {
    const each = document.createElement("small");
    each.textContent = text;
    box.append(each);
  }
  made.append(box);
  return made;
}

async function show() {
  const said = await kept(app);
  if (!said) return;
  const dated = document.getElementById("dated");
  dated.textContent = dated.dataset.said.replace("%s", said.dated);
  dated.hidden = false;
  document.getElementById("nothing").hidden = true;
  document.getElementById("amounts").append(...[...said.worth, ...said.balances].map((each) => line(each)));
  document.getElementById("rewards").append(...said.rewards.map((each) => line(each.title, each.about, each.until)));
  document.getElementById("kept").hidden = false;
  const card = document.getElementById("card");
  card.hidden = false;
  await turn(card, said);
}

show().catch(() => {});
addEventListener("online", () => location.reload());
