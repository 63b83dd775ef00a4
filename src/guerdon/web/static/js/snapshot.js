// What this phone keeps of a member for when it is offline: dated, and let go of after seven days or a sign-out.
const kept_ms = 7 * 24 * 3600 * 1000;

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("guerdon-app", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("snapshots");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function done(mode, deed) {
  const db = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const change = db.transaction("snapshots", mode);
      const asked = deed(change.objectStore("snapshots"));
      change.oncomplete = () => resolve(asked.result);
      change.onerror = change.onabort = () => reject(change.error);
    });
  } finally {
    db.close();
  }
}

export function keep(base, said) {
  // The code turns by our clock, however the phone's goes.
  return done("readwrite", (store) => store.put({ ...said, early_ms: said.at - Date.now() }, base));
}

export function drop(base) {
  return done("readwrite", (store) => store.delete(base));
}

export async function kept(base) {
  const said = await done("readonly", (store) => store.get(base));
  if (!said) return null;
  const age = Date.now() + said.early_ms - said.at;
  if (age >= 0 && age < kept_ms) return said;
  await drop(base);
  return null;
}
