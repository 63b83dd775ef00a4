// Shows the copy button where the browser can copy, and says when it has. The page works without it.
const button = document.querySelector("[data-copy]");
const code = document.querySelector("[data-code]");
if (button && code && navigator.clipboard) {
  const label = button.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.dataset.code);
    label.textContent = label.dataset.copied;
  });
}
