// Shows the copy buttons where the browser can copy, and says when it has. The page works without it.
for (const button of document.querySelectorAll("[data-copy]")) {
  const code = button.parentElement.querySelector("[data-code]");
  if (!code || !navigator.clipboard) continue;
  const label = button.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.dataset.code);
    label.textContent = label.dataset.copied;
  });
}
