// Validates the AsyncAPI document with AsyncAPI's own parser: its meta-schema and its references.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { DiagnosticSeverity, Parser } from "@asyncapi/parser";

const file = new URL("../../shared/event/schema/asyncapi.json", import.meta.url);
const text = await readFile(file, "utf8");

async function errors(document) {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  return diagnostics
    .filter(({ severity }) => severity === DiagnosticSeverity.Error)
    .map(({ path, message }) => `${path.join("/")}: ${message}`);
}

test("the document is valid", async () => {
  assert.deepEqual(await errors(JSON.parse(text)), []);
});

for (const [what, change] of [
  ["a reference to nothing", (document) => { document.channels.events.messages.deal.$ref = "#/components/messages/nothing"; }],
  ["an operation that AsyncAPI does not know", (document) => { document.operations.publish.action = "shout"; }],
]) {
  test(`${what} is found`, async () => {
    const document = JSON.parse(text);
    change(document);
    assert.notDeepEqual(await errors(document), []);
  });
}
