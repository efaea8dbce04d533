// The list, the filter, the keyboard shortcuts and the editor. Webhook data is inserted as text, never as markup.

import { moveValue, showDetail } from "./detail.js";
import { ask, el } from "./dom.js";

const post = (path, body) =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });

const at = (id) => document.getElementById(id);
const [rows, detail, filter, editor, keys] = ["rows", "detail", "filter", "editor", "keys"].map(at);
const fields = editor.querySelector("form").elements;
const MAX_WEBHOOKS = 500; // the server's limit
const OUTCOMES = ["accepted", "stored", "ignored", "quarantined", "mixed", "bad_request", "unauthorized", "too_large", "unavailable", "no_route", "failed"];

/** The webhooks by number, oldest first. */
const webhooks = new Map();
let open = null;

const say = (text) => { at("state").textContent = text; };
const failed = (error) => say(error.message);
const words = (outcome) => outcome.replaceAll("_", " ");

function matches(webhook) {
  const { vendor, type, outcome } = Object.fromEntries(new FormData(filter));
  return (!vendor || webhook.vendor === vendor) && (!type || webhook.types.includes(type))
    && (!outcome || (outcome === "duplicate" ? webhook.duplicate : webhook.outcome === outcome));
}

function row(webhook) {
  const { number, received_at, vendor, answer, outcome, duplicate, types, reason, event_ids } = webhook;
  const time = new Date(received_at).toLocaleTimeString([], { hour12: false });
  const said = duplicate ? "accepted, duplicate dropped" : words(outcome);
  const what = types.length ? [...new Set(types)].join(", ") + (types.length > 1 ? ` (${types.length})` : "")
    : reason ?? (outcome === "unauthorized" ? "no valid proof of origin; `make logs` shows the reason" : "");
  // A webhook with a reason has no key, so the reason takes its place.
  const told = event_ids.length
    ? [el("td", {}, what), el("td", { className: "key", title: event_ids.join("\n") }, event_ids[0])]
    : [el("td", { className: "reason", title: what, colSpan: 2 }, what)];
  return el("tr", { "data-number": number, "aria-current": number === open },
    el("td", {}, el("button", { type: "button" }, time)),
    el("td", {}, vendor),
    el("td", { className: "status" }, String(answer?.status ?? "–")),
    el("td", { className: `outcome ${duplicate ? "duplicate" : outcome}` }, said),
    ...told,
    el("td", { className: "number" }, String(answer?.milliseconds ?? "–")));
}

/** Keeps the focus on the row that has it. */
function draw() {
  const focused = document.activeElement?.closest?.("#rows tr")?.dataset.number;
  const shown = [...webhooks.values()].reverse().filter(matches);
  rows.replaceChildren(...shown.map(row));
  at("nothing").hidden = webhooks.size > 0;
  at("filtered").hidden = !webhooks.size || shown.length > 0;
  if (focused) buttonOf(focused)?.focus();
}

const buttonOf = (number) => rows.querySelector(`tr[data-number="${number}"] button`);

function option(select, value) {
  if ([...select.options].some((option) => option.value === value)) return;
  const after = [...select.options].find((option) => option.value > value);
  select.add(new Option(words(value), value), after ?? null);
}

function add(webhook) {
  webhooks.set(webhook.number, webhook);
  for (const number of [...webhooks.keys()].slice(0, Math.max(0, webhooks.size - MAX_WEBHOOKS))) webhooks.delete(number);
  webhook.types.forEach((type) => option(filter.elements.type, type));
}

async function readAll() {
  const list = await ask("/api/webhooks");
  for (const vendor of list.vendors) [filter.elements.vendor, fields.vendor].forEach((select) => option(select, vendor));
  webhooks.clear();
  list.webhooks.reverse().forEach(add);
  draw();
}

/** New webhooks are drawn once per frame, because many may arrive together. */
let drawing = false;
function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; draw(); });
}

function listen() {
  const news = new EventSource("/api/news");
  news.onopen = () => { say("live"); readAll().catch(failed); };
  news.onerror = () => say("the console does not answer; trying again");
  news.onmessage = (message) => { add(JSON.parse(message.data)); drawSoon(); };
  news.addEventListener("again", () => readAll().catch(failed));
}

async function show(number) {
  open = number;
  draw();
  detail.hidden = false;
  await showDetail(detail, number, {
    isOpen: () => open === number,
    again: () => sendAgain(number),
    edit: () => edit(`/api/webhooks/${number}/draft`),
    close,
  });
  buttonOf(number)?.scrollIntoView({ block: "nearest" });
}

function close() {
  const number = open;
  open = null;
  detail.hidden = true;
  detail.replaceChildren();
  draw();
  (buttonOf(number) ?? rows.querySelector("button"))?.focus();
}

async function sendAgain(number) {
  const sent = await post(`/api/webhooks/${number}/send`);
  say(`sent again, as number ${sent.number}`);
  await show(sent.number);
  buttonOf(sent.number)?.focus();
}

function move(step) {
  const buttons = [...rows.querySelectorAll("button")];
  const now = buttons.indexOf(document.activeElement);
  const next = buttons[now < 0 ? 0 : Math.min(Math.max(now + step, 0), buttons.length - 1)];
  next?.focus();
  if (open && next) show(Number(next.closest("tr").dataset.number)).catch(failed);
}

// ---- the editor

const toLines = (pairs, between) => pairs.map(([name, value]) => name + between + value).join("\n");
const fromLines = (text, between) => text.split("\n").filter((line) => line.trim()).map((line) => {
  const [name, ...rest] = line.split(between);
  return [name.trim(), rest.join(between).trim()];
});

function fill(draft) {
  fields.vendor.value = draft.vendor;
  fields.account.value = draft.account ?? "";
  fields.body.value = draft.body;
  fields.headers.value = toLines(draft.headers, ": ");
  fields.query.value = toLines(draft.query, "=");
}

/** Opens the editor with a draft, or with the first sample. */
async function edit(path) {
  at("editor-error").textContent = "";
  if (!fields.sample.options.length) {
    fields.sample.add(new Option("choose one", ""));
    for (const { vendor, name } of await ask("/api/cases")) fields.sample.add(new Option(`${vendor}/${name}`));
  }
  fields.sample.value = "";
  if (path) fill(await ask(path));
  editor.showModal();
  fields.body.setSelectionRange(0, 0);
  (path ? fields.body : fields.sample).focus();
}

async function sendDraft() {
  const { vendor, account, body, headers, query } = Object.fromEntries(new FormData(editor.querySelector("form")));
  try {
    const sent = await post("/api/send",
      { vendor, account, body, headers: fromLines(headers, ":"), query: fromLines(query, "=") });
    editor.close();
    say(`sent, as number ${sent.number}`);
    await show(sent.number);
    buttonOf(sent.number)?.focus();
  } catch (error) {
    at("editor-error").textContent = error.message;
  }
}

fields.sample.addEventListener("change", async () => {
  if (!fields.sample.value) return;
  try {
    fill(await ask(`/api/cases/${fields.sample.value}`));
  } catch (error) {
    at("editor-error").textContent = error.message;
  }
});
at("editor-send").addEventListener("click", sendDraft);
at("editor-cancel").addEventListener("click", () => editor.close());
editor.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) sendDraft(); });

// ---- keyboard shortcuts and buttons

rows.addEventListener("click", (event) => {
  const number = event.target.closest("tr")?.dataset.number;
  if (number) show(Number(number)).catch(failed);
});
filter.addEventListener("change", draw);
at("new").addEventListener("click", () => edit().catch(failed));
at("help").addEventListener("click", () => keys.showModal());

const onKey = {
  j: () => move(1),
  k: () => move(-1),
  n: () => edit(),
  f: () => filter.elements.vendor.focus(),
  s: () => open && sendAgain(open),
  e: () => open && edit(`/api/webhooks/${open}/draft`),
  "?": () => keys.showModal(),
  Escape: () => open && close(),
};

document.addEventListener("keydown", async (event) => {
  const typing = event.target.closest("input, select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const press = arrow ? () => moveValue(event.target, arrow) || move(arrow) : onKey[event.key];
  if (!press) return;
  event.preventDefault();
  try { await press(); } catch (error) { failed(error); }
});

["duplicate", ...OUTCOMES].forEach((outcome) => option(filter.elements.outcome, outcome));
listen();
