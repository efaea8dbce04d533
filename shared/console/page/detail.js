// One webhook: the request beside the event on the queue, with the source of each value.

import { ask, el } from "./dom.js";

/** The other side's values that a value is linked to, by element. */
let links = new Map();
let chosen = null;

const facts = (pairs) => el("dl", { className: "facts" },
  ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

/** The lines of a JSON text; those with a value can be chosen. */
function json(label, shown, side) {
  if (shown.text !== undefined) return el("pre", { "aria-label": label }, shown.text || "(empty)");
  if (shown.hex !== undefined) return el("pre", { "aria-label": label }, `not text; the bytes in hexadecimal:\n${shown.hex}`);
  const lines = shown.lines.map(({ depth, name, text, pointer }) => {
    const kind = text.startsWith('"') ? "string" : "literal";
    const value = pointer === undefined ? text : el("span", { className: kind }, text);
    const line = el("div", {}, name ? `${name}: ` : "", value);
    line.style.setProperty("--depth", depth);
    if (pointer !== undefined) {
      line.classList.add("value");
      line.dataset.pointer = pointer;
      line.dataset.side = side;
      line.tabIndex = -1;
      line.setAttribute("role", "button");
    }
    return line;
  });
  const box = el("div", { className: "json", role: "group", "aria-label": label }, ...lines);
  const first = box.querySelector(".value");
  if (first) first.tabIndex = 0; // one stop for the Tab key; the arrows move from there
  return box;
}

const path = (pointer) => pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");

function sourceName(source) {
  if (source === "account") return "the account in the URL";
  const [[part, name]] = Object.entries(source);
  if (part === "body") return name ? path(name) : "a digest of the whole body";
  return `the ${part} ${name}`;
}

/** The links between the two sides, in both directions. */
function link(root, origins) {
  links = new Map();
  const note = (element, other, words) => {
    const entry = links.get(element) ?? { others: new Set(), words: new Set() };
    if (other) entry.others.add(other);
    entry.words.add(words);
    links.set(element, entry);
  };
  const values = new Map([...root.querySelectorAll(".value")].map((e) => [`${e.dataset.side} ${e.dataset.pointer}`, e]));
  for (const { event, field, from } of origins.links) {
    const to = values.get(`${event} ${field}`);
    if (!to) continue;
    for (const source of from) {
      const element = source.body ? values.get(`in ${source.body}`) : undefined;
      note(to, element, sourceName(source));
      to.dataset.from = [...links.get(to).words].join(", ");
      if (element) note(element, to, path(field));
    }
  }
  // Only for values that were tried: if no field changes with a value, the value is in `raw` only.
  if (origins.tried === origins.values && origins.links.length) {
    for (const [key, element] of values) if (key.startsWith("in ") && !links.has(element)) element.classList.add("unread");
  }
}

function choose(root, element, where) {
  for (const marked of root.querySelectorAll(".chosen, .linked")) marked.classList.remove("chosen", "linked");
  chosen = element;
  if (!element) return;
  element.classList.add("chosen");
  const { others, words } = links.get(element) ?? { others: new Set(), words: new Set() };
  others.forEach((other) => other.classList.add("linked"));
  others.values().next().value?.scrollIntoView({ block: "nearest" });
  const name = path(element.dataset.pointer);
  const incoming = element.dataset.side === "in";
  const list = [...words].join(", ");
  if (incoming) where.textContent = list ? `${name} → ${list}` : `${name}: in the event's raw data only`;
  else where.textContent = list ? `${name} ← ${list}` : `${name}: set by the function`;
}

/** Moves to the next value of the same side; false if no value has the focus. */
export function moveValue(element, step) {
  const values = [...(element.closest(".json")?.querySelectorAll(".value") ?? [])];
  const next = values[values.indexOf(element) + step];
  if (!values.includes(element)) return false;
  if (next) {
    element.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
  return true;
}

const DUPLICATE = "SQS knows this deduplication id: the duplicate is dropped";

function message({ body, ...message }, index) {
  const heading = message.queue === "main" ? "On the queue" : "In the quarantine";
  return el("div", { className: "message" },
    el("h3", {}, message.duplicate ? `${heading}: a duplicate` : heading),
    facts([["SQS", message.duplicate ? DUPLICATE : "accepted"], ["type", message.type], ["key", message.event_id], ["group", message.group],
      ["message id", message.message_id], ["sequence", message.sequence_number]]),
    json(heading, body, String(index)));
}

export async function showDetail(root, number, { isOpen, again, edit, close }) {
  const { webhook, account, headers, query, body, messages, sendable, editable } = await ask(`/api/webhooks/${number}`);
  if (!isOpen()) return; // another webhook was opened meanwhile
  const { answer, vendor, outcome, reason, duplicate, received_at } = webhook;
  const button = (text, key, press, disabled) =>
    el("button", { type: "button", title: key, disabled, onclick: press }, text);
  const traceable = outcome === "accepted" && messages.length > 0 && sendable;
  const where = el("p", { id: "where", role: "status", hidden: !traceable },
    "Choose a value to see its source or its field. Grey values did not become a field.");
  const said = duplicate ? "accepted, duplicate dropped" : outcome.replaceAll("_", " ");
  const nothing = el("p", {}, answer ? "No message was sent to a queue." : "");
  root.replaceChildren(
    el("div", { className: "bar" },
      el("h2", {}, `${vendor}: `, el("span", { className: `outcome ${duplicate ? "duplicate" : outcome}` }, said)),
      el("span", {}, answer ? `${answer.status} in ${answer.milliseconds} ms` : "not posted through this page, so the response is unknown"),
      el("span", { className: "buttons" },
        button("Send again", "s", again, !sendable), button("Edit and send", "e", edit, !editable),
        button("Close", "Escape", close, false))),
    ...(reason ? [el("p", { className: "reason" }, reason)] : []),
    where,
    el("div", { className: "sides" },
      el("div", {},
        el("h3", {}, "Came in"),
        facts([["received", new Date(received_at).toISOString()], ["account", account], ...query.map(([n, v]) => [`?${n}`, v]), ...headers]),
        json("Came in", body, "in")),
      el("div", {}, ...(messages.length ? messages.map(message) : [nothing]),
        ...(answer ? [el("h3", {}, "Answer"), el("pre", {}, answer.body)] : []))));
  links = new Map();
  const valueOf = (event) => event.target.closest(".value");
  root.onmouseover = (event) => valueOf(event) && choose(root, valueOf(event), where);
  root.onclick = (event) => valueOf(event)?.focus();
  root.onkeydown = (event) => {
    if (event.key !== "Enter" || !valueOf(event)) return;
    const [other] = links.get(valueOf(event))?.others ?? [];
    other?.focus();
    event.preventDefault();
  };
  focusChooses(root, where);
  if (!traceable) return;
  const origins = await ask(`/api/webhooks/${number}/origins`);
  if (!root.contains(where)) return; // another webhook was opened meanwhile
  link(root, origins);
  if (origins.tried < origins.values) {
    where.textContent = `The body is large: only the first ${origins.tried} of its ${origins.values} values were traced.`;
  }
  if (chosen && root.contains(chosen)) choose(root, chosen, where);
  root.dataset.traced = String(number);
}

/** Elements have no `onfocusin`, so one listener handles everything that is shown. */
let listening = null;
function focusChooses(root, where) {
  root.removeEventListener("focusin", listening);
  listening = (event) => {
    const value = event.target.closest(".value");
    if (value) choose(root, value, where);
  };
  root.addEventListener("focusin", listening);
}
