// The app of a location: reads codes by camera, sends no form while there is no way to us, and looks again at a visit.
"use strict";

const pauses_s = [1, 1, 2, 3, 5, 8, 13];
const looks_max = 40;
const read_ms = 200;
const side_px = 640;

// The browser's own reader of codes; where there is none, one of ours that is fetched when a camera is opened.
async function reader(box) {
  const known = (await window.BarcodeDetector?.getSupportedFormats().catch(() => [])) ?? [];
  if (known.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video)).map((each) => each.rawValue);
  }
  const { prepareZXingModule, readBarcodes } = await import(box.dataset.reader);
  await prepareZXingModule({ overrides: { locateFile: () => box.dataset.binary }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, side_px / Math.max(video.videoWidth, video.videoHeight));
    [canvas.width, canvas.height] = [video.videoWidth * scale, video.videoHeight * scale];
    if (!canvas.width || !canvas.height) return [];
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(pen.getImageData(0, 0, canvas.width, canvas.height), { formats: ["QRCode"] });
    return found.map((each) => each.text);
  };
}

function watch(box, form) {
  const [video, button] = [box.querySelector("video"), box.querySelector("button")];
  const refused = box.querySelector("[data-refused]");
  let stream = null;
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
  };
  async function look(read) {
    if (!stream) return;
    const code = (await read(video).catch(() => [])).find((each) => each.startsWith("GDN:"));
    if (!code) return void setTimeout(look, read_ms, read);
    close();
    form.elements.code.value = code;
    form.elements.digits.value = "";
    form.requestSubmit();
  }
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    try {
      const read = reader(box);
      // Told below, with whatever else keeps the camera shut.
      read.catch(() => {});
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      [video.hidden, button.hidden, refused.hidden] = [false, true, true];
      await video.play();
      await look(await read);
    } catch {
      close();
      [video.hidden, button.hidden, refused.hidden] = [true, false, false];
      form.elements.digits.focus();
    }
    button.removeAttribute("aria-busy");
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

const offline = document.querySelector(".offline");
const box = document.getElementById("camera");
if (box && navigator.mediaDevices) watch(box, document.getElementById("scan"));
if (document.querySelector("[data-waits]")) follow(0);
addEventListener("offline", () => (offline.hidden = false));
addEventListener("online", () => (offline.hidden = true));
offline.hidden = navigator.onLine;
// A form goes when there is a way to us, so that what was typed is never lost with a page that does not come; and
// one that is on its way is not sent a second time by an impatient finger.
document.addEventListener("submit", async (event) => {
  const [form, button] = [event.target, event.submitter];
  if (form.dataset.sure) return void delete form.dataset.sure;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  const way = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
  offline.hidden = Boolean(way);
  if (way) {
    form.dataset.sure = "yes";
    form.requestSubmit(button);
  }
  setTimeout(() => form.removeAttribute("aria-busy"), way ? 8000 : 0);
});
