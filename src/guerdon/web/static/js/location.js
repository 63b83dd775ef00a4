// The app of a location: reads a code by the camera where the browser can, and looks again while a visit is decided.
"use strict";

const pauses_s = [1, 1, 2, 3, 5, 8, 13];
const looks_max = 40;
const read_ms = 200;

async function reader() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return null;
  const known = await BarcodeDetector.getSupportedFormats();
  return known.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

function watch(detector, box, form) {
  const [video, button] = [box.querySelector("video"), box.querySelector("button")];
  const refused = box.querySelector("[data-refused]");
  let stream = null;
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
  };
  async function look() {
    if (!stream) return;
    const found = await detector.detect(video).catch(() => []);
    const code = found.find((each) => each.rawValue.startsWith("GDN:"));
    if (!code) return void setTimeout(look, read_ms);
    close();
    form.elements.code.value = code.rawValue;
    form.elements.digits.value = "";
    form.requestSubmit();
  }
  button.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      button.hidden = true;
      refused.hidden = true;
      await video.play();
      await look();
    } catch {
      close();
      video.hidden = true;
      button.hidden = false;
      refused.hidden = false;
    }
  });
  // Nobody is filmed by a page that is not looked at.
  addEventListener("pagehide", close);
  box.hidden = false;
  document.querySelector("[data-no-camera]").hidden = true;
}

function follow(looks) {
  if (looks >= looks_max) return;
  setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    const text = answer?.ok && !answer.redirected ? await answer.text() : "data-waits";
    if (text.includes("data-waits")) follow(looks + 1);
    else location.reload();
  }, 1000 * pauses_s[Math.min(looks, pauses_s.length - 1)]);
}

const box = document.getElementById("camera");
if (box) reader().then((found) => found && watch(found, box, document.getElementById("scan"))).catch(() => {});
if (document.querySelector("[data-waits]")) follow(0);
// A form that is on its way is not sent a second time by an impatient finger.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.getAttribute("aria-busy") === "true") event.preventDefault();
  button?.setAttribute("aria-busy", "true");
  setTimeout(() => button?.removeAttribute("aria-busy"), 8000);
});
