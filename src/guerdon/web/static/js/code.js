// Turns the code: six digits of each window by this phone's seed, drawn as a QR symbol of version 2, level M.
import { kept } from "./snapshot.js";

const side = 25;
const quiet = 2;
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const data_bytes = 28;
const check_bytes = 16;

async function digits_of(seed, number) {
  const said = new DataView(new ArrayBuffer(8));
  said.setUint32(0, Math.floor(number / 2 ** 32));
  said.setUint32(4, number % 2 ** 32);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", seed, said));
  const value = digest.slice(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  return String(value % 10 ** 6).padStart(6, "0");
}

// Data in alphanumeric mode, padded as the standard says.
function bytes_of(text) {
  let bits = "0010" + text.length.toString(2).padStart(9, "0");
  for (let at = 0; at < text.length; at += 2) {
    const one = letters.indexOf(text[at]);
    const two = at + 1 < text.length ? letters.indexOf(text[at + 1]) : -1;
    bits += two < 0 ? one.toString(2).padStart(6, "0") : (one * 45 + two).toString(2).padStart(11, "0");
  }
  bits += "0".repeat(Math.min(4, data_bytes * 8 - bits.length));
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const bytes = bits.match(/.{8}/g).map((each) => parseInt(each, 2));
  for (let pad = 0xec; bytes.length < data_bytes; pad ^= 0xec ^ 0x11) bytes.push(pad);
  return bytes;
}

function times(one, two) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((two >> bit) & 1) product ^= one;
  }
  return product;
}

// What Reed and Solomon add, so that a scratched screen is read.
function with_checks(bytes) {
  const divisor = new Array(check_bytes).fill(0);
  divisor[check_bytes - 1] = 1;
  for (let root = 1, done = 0; done < check_bytes; done += 1) {
    for (let at = 0; at < check_bytes; at += 1) {
      divisor[at] = times(divisor[at], root) ^ (at + 1 < check_bytes ? divisor[at + 1] : 0);
    }
    root = times(root, 2);
  }
  const rest = new Array(check_bytes).fill(0);
  for (const byte of bytes) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    divisor.forEach((each, at) => (rest[at] ^= times(each, factor)));
  }
  return [...bytes, ...rest];
}

function frame() {
  const dark = Array.from({ length: side }, () => new Array(side).fill(false));
  const fixed = Array.from({ length: side }, () => new Array(side).fill(false));
  const set = (x, y, on) => {
    if (x < 0 || y < 0 || x >= side || y >= side) return;
    dark[y][x] = on;
    fixed[y][x] = true;
  };
  for (let at = 0; at < side; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [side - 4, 3], [3, side - 4]]) {
    for (let down = -4; down <= 4; down += 1) {
      for (let over = -4; over <= 4; over += 1) {
        const away = Math.max(Math.abs(over), Math.abs(down));
        set(x + over, y + down, away !== 2 && away !== 4);
      }
    }
  }
  for (let down = -2; down <= 2; down += 1) {
    for (let over = -2; over <= 2; over += 1) {
      set(18 + over, 18 + down, Math.max(Math.abs(over), Math.abs(down)) !== 1);
    }
  }
  // Level M and mask 0, with its own checks: always the same.
  const format = 0x5412;
  const bit = (at) => Boolean((format >> at) & 1);
  for (let at = 0; at <= 5; at += 1) set(8, at, bit(at));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let at = 9; at < 15; at += 1) set(14 - at, 8, bit(at));
  for (let at = 0; at < 8; at += 1) set(side - 1 - at, 8, bit(at));
  for (let at = 8; at < 15; at += 1) set(8, side - 15 + at, bit(at));
  set(8, side - 8, true);
  return { dark, fixed };
}

function rows_of(text) {
  const { dark, fixed } = frame();
  const bytes = with_checks(bytes_of(text));
  let at = 0;
  for (let right = side - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < side; step += 1) {
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? side - 1 - step : step;
        if (fixed[y][x]) continue;
        const on = at < bytes.length * 8 && Boolean((bytes[at >> 3] >> (7 - (at & 7))) & 1);
        dark[y][x] = on !== ((x + y) % 2 === 0);
        at += 1;
      }
    }
  }
  return dark;
}

export function path_of(text) {
  return rows_of(text)
    .flatMap((row, y) => row.map((on, x) => (on ? `M${x + quiet} ${y + quiet}h1v1h-1z` : "")))
    .join("");
}

export async function turn(card, said) {
  const raw = Uint8Array.from(atob(said.seed), (letter) => letter.charCodeAt(0));
  const seed = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const every_ms = 1000 * card.dataset.every;
  const left = card.querySelector("[data-left]");
  const bar = card.querySelector("[data-bar]");
  let shown = -1;
  async function tick() {
    const now = Date.now() + said.early_ms;
    const number = Math.floor(now / every_ms);
    const left_s = Math.ceil((every_ms - (now % every_ms)) / 1000);
    if (number !== shown) {
      shown = number;
      const digits = await digits_of(seed, number);
      card.querySelector("[data-digits]").textContent = `${digits.slice(0, 3)} ${digits.slice(3)}`;
      card.querySelector("[data-path]").setAttribute("d", path_of(said.head + digits));
    }
    left.textContent = left.dataset.said.replace("%s", left_s);
    bar.value = left_s;
    setTimeout(tick, 250);
  }
  await tick();
  const works = card.querySelector("[data-works]");
  if (works) works.hidden = false;
}

async function begin() {
  const card = document.getElementById("card");
  const { app, signed } = document.body.dataset;
  if (!card || signed === undefined) return;
  const said = await kept(app);
  if (said) await turn(card, said);
  else addEventListener("guerdon:kept", () => begin().catch(() => {}), { once: true });
}

if (isSecureContext && window.indexedDB) begin().catch(() => {});
