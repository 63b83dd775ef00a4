// Asks the browser for a passkey and sends its answer with the form. The forms stay hidden without this script, and
// where the page was not opened at the address that passkeys are made for. Where the browser can, it offers passkeys
// as an address is typed as well.
"use strict";

{
  const to_bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const to_text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const ask = {
    use: (options, more) => navigator.credentials.get({ publicKey: options, ...more }),
    add: (options) => {
      options.user.id = to_bytes(options.user.id);
      for (const known of options.excludeCredentials) known.id = to_bytes(known.id);
      return navigator.credentials.create({ publicKey: options });
    },
  };

  const said = {
    use: (response) => ({
      authenticatorData: to_text(response.authenticatorData),
      signature: to_text(response.signature),
      userHandle: response.userHandle ? to_text(response.userHandle) : null,
    }),
    add: (response) => ({
      attestationObject: to_text(response.attestationObject),
      transports: response.getTransports ? response.getTransports() : [],
    }),
  };

  async function answer(form, more) {
    const purpose = form.dataset.passkey;
    const asked = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    // Sent without an answer, the form itself says what is wrong.
    if (!asked.ok) return "";
    const options = await asked.json();
    options.challenge = to_bytes(options.challenge);
    const { id, rawId, type, response } = await ask[purpose](options, more);
    const told = { clientDataJSON: to_text(response.clientDataJSON), ...said[purpose](response) };
    return JSON.stringify({ id, rawId: to_text(rawId), type, response: told });
  }

  // A challenge holds for five minutes: whoever takes longer to type is asked anew.
  const anew_ms = 4 * 60 * 1000;
  let offered = null;

  async function offer(form) {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    for (const field of document.querySelectorAll("input[autocomplete=email]")) field.autocomplete = "email webauthn";
    offered = new AbortController();
    const anew = setTimeout(() => { offered.abort(); offer(form).catch(() => {}); }, anew_ms);
    try {
      const found = await answer(form, { mediation: "conditional", signal: offered.signal });
      if (!found) return;
      form.elements.credential.value = found;
      form.submit();
    } finally {
      clearTimeout(anew);
    }
  }

  for (const form of document.querySelectorAll("[data-passkey]")) {
    const failed = form.querySelector("[data-failed]");
    const button = form.querySelector("button");
    form.hidden = !window.PublicKeyCredential || location.origin !== form.dataset.origin;
    // Whoever comes back by the browser's own button finds the page as it was left.
    addEventListener("pageshow", () => { button.disabled = false; });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      offered?.abort();
      failed.hidden = button.disabled = true;
      try {
        form.elements.credential.value = await answer(form);
        form.submit();
      } catch {
        failed.hidden = button.disabled = false;
      }
    });
    if ("offered" in form.dataset && !form.hidden) offer(form).catch(() => {});
  }
}
