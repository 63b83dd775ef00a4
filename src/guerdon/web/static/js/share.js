// Shows the share button where the browser can share or copy. The link stands beside it in any case.
for (const button of document.querySelectorAll("[data-share]")) {
  const label = button.querySelector("[data-copied]");
  if (!navigator.share && !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (navigator.share) {
      // Who closes the sheet has shared nothing, and that is no fault.
      await navigator.share({ url: button.dataset.share }).catch(() => {});
      return;
    }
    await navigator.clipboard.writeText(button.dataset.share);
    label.textContent = label.dataset.copied;
  });
}
