// Keeps a reader's choices from visit to visit. If local storage is refused they last as long as the page is open.

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing is kept.
  }
}

// Returns what was kept, or null.
export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
