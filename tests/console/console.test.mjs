// The console in a browser, in front of the real local stack.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { startBrowser, startStack } from "./stack.mjs";

let stack, stop, browser;

before(async () => {
  browser = await startBrowser();
  ({ stack, stop } = await startStack("--no-send"));
});

after(async () => {
  await browser?.close();
  await stop?.();
});

/** A deal that no other test uses. */
function deal(values = {}) {
  const id = `dl_${randomUUID()}`;
  const payload = { id, title: "Enterprise License", price: 24999.5, status: "ACTIVE", ownerId: 42, ownerName: "John Doe", ...values };
  return { id, body: JSON.stringify({ event: "deal.updated", timestamp: "2026-01-16T08:05:12.480Z", payload }) };
}

function post(body, { url = stack.urls.heffl, token = "sample-token" } = {}) {
  return fetch(`${url}?token=${token}`, { method: "POST", headers: { "content-type": "application/json" }, body });
}

/** The page, with its requests and its errors. */
async function open() {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  page.asked = [];
  page.errors = [];
  page.on("request", (request) => page.asked.push(request.url()));
  page.on("pageerror", (error) => page.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.errors.push(message.text()));
  await page.goto(stack.console_url);
  await page.waitForFunction(() => document.getElementById("state").textContent === "live");
  return page;
}

async function inPage(work) {
  const page = await open();
  try {
    await work(page);
    assert.deepEqual(page.errors, []);
  } finally {
    await page.close();
  }
}

/** Waits for a row with the text. Returns its cells. */
async function rowOf(page, text) {
  const find = (text) => {
    const row = [...document.querySelectorAll("#rows tr")].find((row) => row.textContent.includes(text));
    return row && [...row.cells].map((cell) => cell.textContent);
  };
  return (await page.waitForFunction(find, {}, text)).jsonValue();
}

const rows = (page) => page.$$eval("#rows tr", (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
const says = (page, selector, part) =>
  page.waitForFunction((selector, part) => document.querySelector(selector)?.textContent.includes(part), {}, selector, part);

async function click(page, name) {
  const button = await page.waitForSelector(`::-p-aria(${name}[role="button"])`);
  await button.click();
}

/** Opens the webhook whose row has the text, and waits until its fields are traced. */
async function openWebhook(page, part, { traced = true } = {}) {
  await rowOf(page, part);
  const number = await page.evaluate((part) => {
    const row = [...document.querySelectorAll("#rows tr")].find((row) => row.textContent.includes(part));
    row.querySelector("td:nth-child(2)").click();
    return row.dataset.number;
  }, part);
  await says(page, "#detail", "Came in");
  if (traced) await page.waitForFunction((number) => document.getElementById("detail").dataset.traced === number, {}, number);
}

/** The value of one side, by its pointer. */
const value = (page, side, pointer) => page.$(`.value[data-side="${side}"][data-pointer="${pointer}"]`);
const isLinked = (element) => element.evaluate((element) => element.classList.contains("linked"));

describe("the list", () => {
  test("shows a webhook as it comes: vendor, status, outcome, type, key and milliseconds", () => inPage(async (page) => {
    const { id, body } = deal();
    const answer = await post(body);
    const [key] = (await answer.json()).events;
    const [, vendor, status, outcome, type, shownKey, milliseconds] = await rowOf(page, id);
    assert.deepEqual([vendor, status, outcome, type, shownKey], ["heffl", "200", "accepted", "crm.deal.updated", key]);
    assert.match(milliseconds, /^\d+$/);
  }));

  test("shows a forged one, which leaves nothing on a queue", () => inPage(async (page) => {
    const account = `acme-${randomUUID()}`;
    const answer = await post(deal().body, { url: `${stack.urls.heffl}/${account}`, token: "guess" });
    assert.equal(answer.status, 401);
    await page.waitForFunction(() => [...document.querySelectorAll("#rows tr")].some((row) => row.textContent.includes("unauthorized")));
    await openWebhook(page, "unauthorized", { traced: false });
    await says(page, "#detail", account);
    assert.match(await text(page, "#detail"), /401 in \d+ ms.*No message was sent to a queue/s);
    assert.ok(!(await text(page, "#detail")).includes("guess"), "a token is not shown");
  }));

  test("shows one that was not posted through the page from its message", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body, { url: `${stack.base_url}/webhooks/heffl` });
    const [, vendor, status, outcome] = await rowOf(page, id);
    assert.deepEqual([vendor, status, outcome], ["heffl", "–", "accepted"]);
    await openWebhook(page, id);
    assert.match(await text(page, "#detail"), /not posted through this page/);
    assert.ok(await value(page, "in", "/payload/title"), "the vendor's JSON is in the message");
  }));

  test("is filtered by vendor, type and outcome", () => inPage(async (page) => {
    const [updated, broken] = [deal(), `not JSON ${randomUUID()}`];
    await post(updated.body);
    await post(broken);
    await post(JSON.stringify({ eventName: "Contact is Created", eventData: { id: randomUUID() } }), { url: stack.urls.agilecrm });
    await rowOf(page, updated.id);
    await rowOf(page, "agilecrm");
    for (const [name, column, wanted] of [["vendor", 1, "agilecrm"], ["type", 4, "crm.deal.updated"], ["outcome", 3, "quarantined"]]) {
      await page.select(`#filter [name=${name}]`, wanted);
      const shown = (await rows(page)).map((cells) => cells[column]);
      assert.ok(shown.length > 0 && shown.every((cell) => cell.startsWith(wanted)), `${name}: ${shown}`);
      await page.select(`#filter [name=${name}]`, "");
    }
    await page.select("#filter [name=vendor]", "heffl");
    await page.select("#filter [name=outcome]", "quarantined");
    assert.ok((await rows(page)).some((cells) => cells[4].startsWith("not_json:")), "the reason is in the list");
    await page.select("#filter [name=outcome]", "no_route");
    assert.deepEqual(await rows(page), []);
    assert.equal(await page.$eval("#filtered", (text) => text.checkVisibility()), true);
  }));

  test("has room for the milliseconds beside the longest key and reason", () => inPage(async (page) => {
    const id = `dl_${randomUUID()}_${"0123456789".repeat(4)}`;
    const reason = "not_json:";
    await post(deal({ id }).body);
    await post(`not JSON ${randomUUID()}`);
    await rowOf(page, id);
    await rowOf(page, reason);
    for (const width of [1200, 900, 600]) {
      await page.setViewport({ width, height: 700 });
      for (const part of [id, reason]) {
        const { scroll, room, left, right } = await page.evaluate((part) => {
          const list = document.getElementById("list");
          const row = [...document.querySelectorAll("#rows tr")].find((row) => row.textContent.includes(part));
          const { left, right } = row.cells[row.cells.length - 1].getBoundingClientRect();
          return { scroll: list.scrollWidth, room: list.clientWidth, left, right };
        }, part);
        assert.ok(scroll <= room, `${scroll} of ${room} pixels, in a window of ${width}`);
        assert.ok(left > 0 && right <= width, `${part}: from ${left} to ${right}, in a window of ${width}`);
      }
    }
    const key = await page.$$eval("#rows td.key", (cells, id) => cells.find((cell) => cell.textContent.includes(id)).title, id);
    assert.ok(key.includes(id), "the whole key is in the title");
  }));
});

describe("one webhook", () => {
  test("what came in is beside what went on the queue, digit by digit", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body.replace("24999.5", "24999.500"));
    await openWebhook(page, id);
    assert.equal(await (await value(page, "in", "/payload/price")).evaluate((e) => e.textContent), '"price": 24999.500');
    assert.equal(await (await value(page, "0", "/data/record/amount")).evaluate((e) => e.textContent), '"amount": "24999.500"');
    assert.match(await text(page, ".message"), /SQSaccepted.*keyheffl:default:deal:.*groupheffl:default:deal:.*message id/s);
  }));

  test("a field shows where it came from, and a value what it became", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await openWebhook(page, id);
    const [amount, price] = [await value(page, "0", "/data/record/amount"), await value(page, "in", "/payload/price")];
    assert.equal(await amount.evaluate((e) => e.dataset.from), "payload.price", "without a hand on it");
    await amount.hover();
    await says(page, "#where", "data.record.amount ← payload.price");
    assert.ok(await isLinked(price));
    await (await value(page, "in", "/event")).hover();
    await says(page, "#where", "event → ");
    assert.match(await text(page, "#where"), /data\.action.*type/);
    assert.ok(!(await isLinked(price)), "the last one is let go");
    await (await value(page, "0", "/specversion")).hover();
    await says(page, "#where", "specversion: set by the function");
  }));

  test("sent again, SQS drops the duplicate", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await openWebhook(page, id);
    const messageId = (detail) => /message id([0-9a-f-]{36})/.exec(detail)[1];
    const first = messageId(await text(page, "#detail"));
    await click(page, "Send again");
    await says(page, "#detail", "the duplicate is dropped");
    assert.equal(messageId(await text(page, "#detail")), first, "SQS answers with the message id of the first");
    const outcomes = (await rows(page)).filter((cells) => cells[5].includes(id)).map((cells) => cells[3]);
    assert.deepEqual(outcomes, ["accepted, duplicate dropped", "accepted"]);
  }));

  test("edited into what is not understood, it is in the quarantine with the reason", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await openWebhook(page, id);
    await click(page, "Edit and send");
    const area = await page.waitForSelector("#editor[open] textarea[name=body]");
    await area.evaluate((area, id) => { area.value = area.value.replace(`"id":"${id}",`, ""); }, id);
    await (await page.$("#editor-send")).click();
    await says(page, "#detail .reason", "no_record_id");
    await says(page, "#detail .message h3", "In the quarantine");
    assert.equal(await (await value(page, "0", "/reason")).evaluate((e) => e.textContent), '"reason": "no_record_id"');
    assert.equal(await page.$eval("#where", (where) => where.hidden), true, "no field came from anywhere");
  }));

  test("a signed one is signed anew, as another delivery", () => inPage(async (page) => {
    await click(page, "Send a sample");
    await page.waitForSelector("#editor[open]");
    await page.select("#editor [name=sample]", "heffl/deal_updated");
    await page.waitForFunction(() => document.querySelector("#editor [name=headers]").value.includes("webhook-id: edited_"));
    await (await page.$("#editor-send")).click();
    await says(page, "#detail h2", "accepted");
    assert.match(await text(page, "#detail"), /webhook-signature\(not shown\)/);
    assert.ok(!(await text(page, "#detail h2")).includes("duplicate"));
  }));

  test("an edited one of 3 MB is sent", () => inPage(async (page) => {
    await click(page, "Send a sample");
    await page.waitForSelector("#editor[open]");
    await page.select("#editor [name=sample]", "heffl/deal_updated");
    const area = await page.waitForFunction(() => {
      const area = document.querySelector("#editor [name=body]");
      return area.value && area;
    });
    const id = `dl_${randomUUID()}`;
    await area.evaluate((area, id) => {
      const webhook = JSON.parse(area.value);
      Object.assign(webhook.payload, { id, large: "x".repeat(3 << 20) });
      area.value = JSON.stringify(webhook);
    }, id);
    await (await page.$("#editor-send")).click();
    await says(page, "#detail h2", "accepted");
    await rowOf(page, id);
  }));

  test("of two opened quickly, the later one is shown", () => inPage(async (page) => {
    const [first, second] = [deal(), deal()];
    for (const { id, body } of [first, second]) {
      await post(body);
      await rowOf(page, id);
    }
    let held;
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      if (!held && /\/api\/webhooks\/\d+$/.test(request.url())) held = request;
      else request.continue();
    });
    await page.evaluate((ids) => ids.forEach((id) => {
      [...document.querySelectorAll("#rows tr")].find((row) => row.textContent.includes(id)).cells[1].click();
    }), [first.id, second.id]);
    await says(page, "#detail", second.id);
    const answered = page.waitForResponse(held.url());
    held.continue();
    await answered;
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 200); }));
    assert.ok(!(await text(page, "#detail")).includes(first.id));
    assert.ok((await text(page, "#rows tr[aria-current=true]")).includes(second.id));
  }));

  test("hostile text stays text", () => inPage(async (page) => {
    const hostile = "<img src=x onerror=\"document.title='gotcha'\"><script>document.title='gotcha'</script>";
    const { id, body } = deal({ title: hostile, [hostile]: hostile });
    await post(body);
    await openWebhook(page, id);
    assert.ok((await text(page, "#detail")).includes("<img src=x onerror="));
    assert.equal(await page.$("#detail img, #detail script"), null);
    assert.equal(await page.title(), "crm-events: webhooks");
    const policy = (await fetch(stack.console_url)).headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'; script-src 'self';/);
  }));
});

describe("with the keyboard alone", () => {
  const focused = (page) => page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return { text: element.textContent, pointer: element.dataset.pointer, side: element.dataset.side, outline: `${outlineStyle} ${outlineWidth}`,
      row: element.closest("tr")?.dataset.number };
  });

  test("open, follow a value to its source, close", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await rowOf(page, id);
    await page.keyboard.press("j");
    const row = await focused(page);
    assert.ok(row.row, "the newest has the focus");
    assert.equal(row.outline, "solid 2px");
    await page.keyboard.press("Enter");
    await says(page, "#detail", "Came in");
    await page.waitForFunction((number) => document.getElementById("detail").dataset.traced === number, {}, row.row);
    await (await value(page, "in", "/event")).focus();
    await page.keyboard.press("ArrowDown");
    assert.deepEqual((await focused(page)).pointer, "/timestamp");
    await page.keyboard.press("Enter");
    const source = await focused(page);
    assert.deepEqual([source.side, source.pointer, source.outline], ["0", "/time", "solid 2px"]);
    await says(page, "#where", "time ← timestamp");
    await page.keyboard.press("Escape");
    assert.equal(await page.$eval("#detail", (detail) => detail.hidden), true);
    assert.equal((await focused(page)).row, row.row, "the focus is back where it was");
  }));

  test("send again, send a sample, and the list of keys", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await openWebhook(page, id);
    await page.keyboard.press("s");
    await says(page, "#detail", "the duplicate is dropped");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.waitForSelector("#keys[open]");
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await page.waitForSelector("#editor[open]");
    await page.waitForFunction(() => document.activeElement.name === "sample");
    await page.select("#editor [name=sample]", "heffl/not_json");
    await page.waitForFunction(() => document.querySelector("#editor [name=body]").value !== "");
    await page.focus("#editor [name=body]");
    await page.keyboard.down("Control");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Control");
    await says(page, "#detail .reason", "not_json");
  }));

  test("everything has a role and a name for a screen reader", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await openWebhook(page, id);
    const found = [];
    const walk = (node) => { found.push(`${node.role} ${node.name}`); (node.children ?? []).forEach(walk); };
    walk(await page.accessibility.snapshot({ interestingOnly: false }));
    for (const wanted of ["table ", "columnheader outcome", "combobox vendor", "button Send a sample", "button Send again",
      "region One webhook", "group Came in", "group On the queue", 'button "event": "deal.updated"', "status ", "StaticText live"]) {
      assert.ok(found.some((node) => node.startsWith(wanted)), `there is no ${wanted}`);
    }
    const nameless = found.filter((node) => /^(button|combobox|textbox|link) $/.test(node));
    assert.deepEqual(nameless, []);
  }));
});

describe("the page", () => {
  /** Contrast of text on its background, as WCAG 2.2 counts it. */
  const contrasts = () => {
    const luminance = (color) => {
      const [r, g, b] = color.match(/[\d.]+/g).map(Number).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if (!backgroundColor.startsWith("rgba(0, 0, 0, 0")) return backgroundColor;
      }
      return "rgb(255, 255, 255)";
    };
    const texts = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility()
      && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
    return texts.map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(background(element))];
      return { what: `${element.tagName}.${element.className}`, contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
    });
  };

  for (const scheme of ["light", "dark"]) {
    test(`is readable in ${scheme}`, () => inPage(async (page) => {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const { id, body } = deal();
      await post(body);
      await openWebhook(page, id);
      const found = await page.evaluate(contrasts);
      assert.ok(found.length > 50, `${found.length} texts`);
      assert.deepEqual(found.filter(({ contrast }) => contrast < 4.5), []);
      const [r] = (await page.$eval("body", (body) => getComputedStyle(body).backgroundColor)).match(/\d+/g).map(Number);
      assert.equal(r < 128, scheme === "dark");
    }));
  }

  test("asks nobody but itself", () => inPage(async (page) => {
    const { id, body } = deal();
    await post(body);
    await openWebhook(page, id);
    const elsewhere = page.asked.filter((url) => !url.startsWith(`${stack.console_url}/`) && !url.startsWith("data:"));
    assert.deepEqual(elsewhere, []);
    assert.ok(page.asked.length > 5, "it did ask");
  }));

  const status = (path, headers, method = "GET") => new Promise((resolve, reject) => {
    const request = http.request(new URL(path, stack.console_url), { method, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    request.on("error", reject);
    request.end();
  });

  test("answers no other page: a foreign Host or Origin is refused", async () => {
    const host = new URL(stack.console_url).host;
    assert.equal(await status("/api/webhooks", { host }), 200);
    assert.equal(await status("/api/webhooks", { host: "evil.example" }), 403);
    assert.equal(await status("/", { host: `evil.example:${new URL(stack.console_url).port}` }), 403);
    assert.equal(await status("/api/send", { host, origin: "http://evil.example" }, "POST"), 403);
    assert.equal(await status("/webhooks/heffl", { host, origin: "http://evil.example" }, "POST"), 403);
    assert.equal(await status("/webhooks/heffl", { host: "tunnel.example" }, "POST"), 401, "a tunnel from a CRM has its own host");
    assert.equal(await status("/nothing", { host }), 404);
    // Whatever its path, a call of AWS goes to the emulator, which runs code.
    const aws = { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request", "x-amz-target": "AmazonSQS.ListQueues" };
    assert.equal(await status("/webhooks/heffl", { host: "tunnel.example", ...aws }, "POST"), 403);
    assert.notEqual(await status("/webhooks/heffl", { host, ...aws }, "POST"), 403);
  });
});
