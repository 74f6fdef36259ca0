// What a reader chose, kept from visit to visit; where local storage is refused it lasts as long as the page is open.

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing is kept.
  }
}

// What was kept, if anything was.
export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
