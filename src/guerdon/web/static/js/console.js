// Menus close on Escape and on a click beside them, a drawer on Escape: by the link that closes it, which leads back to
// its row. Without this script both still open and close by their own button or link.
"use strict";

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const typing = event.target.closest("input, select, textarea, dialog");
  if (!typing && !openMenus().length) document.querySelector("[data-drawer] a[data-close]")?.click();
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
