// The README's pictures of the page: `make screenshots`.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser, startStack } from "./stack.mjs";

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../infra/images");

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
    const sent = await fetch(`${stack.view_url}/api/cases/${sample}/send`, { method: "POST" });
    if (!sent.ok) throw new Error(`${sample}: ${await sent.text()}`);
  }
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 760 });
  await page.goto(stack.view_url);
  await page.waitForFunction((count) => document.querySelectorAll("#rows tr").length === count, {}, samples.length);
  const picture = async (name, scheme) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.screenshot({ path: path.join(FOLDER, `${name}.png`) });
  };
  await picture("view-light", "light");
  await picture("view-dark", "dark");
  await page.click("#rows tr td:nth-child(2)");
  await page.waitForFunction(() => document.getElementById("detail").dataset.traced);
  await (await page.$('.value[data-side="0"][data-pointer="/data/record/owner/name"]')).focus();
  await picture("view-open", "light");
} finally {
  await browser.close();
  await stop();
}
