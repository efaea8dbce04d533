// DOM helpers for both parts of the page.

/** An element with properties and children; a text becomes a text node. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export async function ask(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response.json();
  // Our errors are JSON, those of the server's library are plain text.
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error;
  } catch { /* plain text */ }
  throw new Error(message || response.statusText);
}
