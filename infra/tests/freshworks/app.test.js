// Tests of the Freshsales app in a mock of its platform. Run by `make test`, or with `node --test
// infra/tests/freshworks/app.test.js`.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { install, manifest } = require("./platform.js");

const IPARAMS = { host: "abc.execute-api.eu-central-1.amazonaws.com", path: "webhooks/freshsales/acme", token: "s3cret" };
const UPDATE = {
  account_id: "195818342531129946",
  domain: "sample.myfreshworks.com",
  event: "onDealUpdate",
  timestamp: 1593023469.829326,
  app_settings: { color: "private" },
  data: {
    actor: { id: 1, email: "jim@example.com" },
    deal: { id: 1357538, name: "Fleet – Zürich" },
    changes: {},
  },
};
const answer = (status) => () => (status ? { status, response: '{"error":"quotes s3cret and Zürich"}' } : undefined);

test("an event goes to the function as it came, with the token in a header", async () => {
  const app = install(IPARAMS, answer(200));
  await app.emit(UPDATE);
  const { app_settings, ...forwarded } = UPDATE;
  assert.equal(app.requests.length, 1);
  const [{ body, ...request }] = app.requests;
  assert.deepEqual(request, {
    method: "POST",
    url: "https://abc.execute-api.eu-central-1.amazonaws.com/webhooks/freshsales/acme",
    headers: { "Content-Type": "application/json", "X-Webhook-Token": "s3cret" },
  });
  assert.deepEqual(JSON.parse(body), forwarded);
  assert.deepEqual(app.logs, ["onDealUpdate of record 1357538 is sent"]);
});

test("nothing of the installation's settings is sent", async () => {
  const app = install(IPARAMS, answer(200));
  await app.emit(UPDATE);
  for (const text of ["iparams", "s3cret", "private"]) assert.ok(!app.requests[0].body.includes(text), text);
});

test("every event of the manifest is handled", async () => {
  const modules = Object.values(manifest().modules);
  const events = modules.flatMap((module) => Object.keys(module.events || {}));
  assert.ok(events.length > 20);
  for (const event of events) {
    const app = install(IPARAMS, answer(200));
    await app.emit({ event, data: {} });
    assert.equal(JSON.parse(app.requests[0].body).event, event);
  }
});

test("a refused event is tried as often as allowed, always with the same bytes, and the first acceptance ends it", async () => {
  const statuses = [503, 429, 200, 200];
  const app = install(IPARAMS, () => ({ status: statuses.shift() }));
  await app.emit(UPDATE);
  assert.equal(app.requests.length, 3);
  assert.equal(new Set(app.requests.map(({ body }) => body)).size, 1);
  assert.deepEqual(app.logs, ["onDealUpdate of record 1357538 is sent"]);
});

for (const [status, attempts, says] of [
  [503, 5, "HTTP 503, attempts: 5"],
  [401, 1, "HTTP 401, attempts: 1"],
  [undefined, 5, "no answer, attempts: 5"],
]) {
  test(`an event that is not delivered (${status}) is logged by name and id, and by nothing else`, async () => {
    const app = install(IPARAMS, answer(status));
    await app.emit(UPDATE);
    assert.equal(app.requests.length, attempts);
    assert.deepEqual(app.logs, ["onDealUpdate of record 1357538 is sent", `onDealUpdate of record 1357538 was not delivered: ${says}`]);
  });
}

for (const [data, id] of [
  [{ contact: { id: { label: "Id", value: 42 } } }, "42"],
  [{ changes: {}, deal: { id: "7" } }, "7"],
  [{ deal: { id: { label: "Id", value: null } } }, "unknown"],
  [{ deal: null }, "unknown"],
  [{ actor: { id: 1 } }, "unknown"],
  [undefined, "unknown"],
]) {
  test(`the log names the record ${id} of ${JSON.stringify(data)}`, async () => {
    const app = install(IPARAMS, answer(500));
    await app.emit({ event: "onContactUpdate", data });
    assert.match(app.logs[1], new RegExp(`of record ${id} was`));
  });
}

test("an event is in the log before it is sent, for the platform may end the handler before the answer", async () => {
  const logged = [];
  const app = install(IPARAMS, () => {
    logged.push(...app.logs);
    return { status: 200 };
  });
  await app.emit(UPDATE);
  assert.deepEqual(logged, ["onDealUpdate of record 1357538 is sent"]);
});

test("an installation is accepted when the function accepts the token", async () => {
  const app = install(IPARAMS, answer(200));
  await app.emit({ event: "onAppInstall" });
  assert.deepEqual(app.rendered, [undefined]);
});

for (const [status, says] of [
  [401, /token/],
  [404, /path/],
  [undefined, /host/],
]) {
  test(`an installation with wrong settings (${status}) is refused and told which`, async () => {
    const app = install(IPARAMS, answer(status));
    await app.emit({ event: "onAppInstall" });
    assert.match(app.rendered[0].message, says);
    assert.ok(!`${app.rendered[0].message} ${app.logs}`.includes("s3cret"));
  });
}
