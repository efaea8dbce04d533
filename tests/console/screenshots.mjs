// Takes the README's screenshots of the console: `make screenshots`.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser, startStack } from "./stack.mjs";

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../shared/console/pictures");

const browser = await startBrowser();
const { stack, stop } = await startStack("--no-send", "--no-consumer");
try {
  await mkdir(FOLDER, { recursive: true });
  const samples = [
    "agilecrm/contact_created", "teamgrid/task_completed", "freshsales/app_installed", "teamgram/order_created",
    "heffl/payment_received", "teamgram/unknown_entity", "teamgrid/user_added", "teamgrid/not_json", "freshsales/deal_won",
    "freshsales/deal_won", "heffl/deal_updated",
  ];
  for (const sample of samples) {
    const sent = await fetch(`${stack.console_url}/api/cases/${sample}/send`, { method: "POST" });
    if (!sent.ok) throw new Error(`${sample}: ${await sent.text()}`);
  }
  await fetch(stack.urls.agilecrm, { method: "POST", body: "{}" });
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 430 });
  await page.goto(stack.console_url);
  await page.waitForFunction((count) => document.querySelectorAll("#rows tr").length === count, {}, samples.length + 1);
  const picture = async (name, scheme) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.screenshot({ path: path.join(FOLDER, `${name}.png`) });
  };
  await picture("list-light", "light");
  await picture("list-dark", "dark");
  await page.setViewport({ width: 1200, height: 900 });
  await page.evaluate(() => [...document.querySelectorAll("#rows tr")].find((row) => row.textContent.includes(":deal:dl_")).cells[1].click());
  await page.waitForFunction(() => document.getElementById("detail").dataset.traced);
  await (await page.$('.value[data-side="0"][data-pointer="/data/record/amount"]')).focus();
  await picture("open-light", "light");
} finally {
  await browser.close();
  await stop();
}
