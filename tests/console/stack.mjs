// The local stack with the console, and a real browser, for the tests and the screenshots.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const STATE = path.join(ROOT, "target/console");

/** Starts a stack with the binaries of `cargo build --workspace`. It always ends with this process. */
export async function startStack(...flags) {
  const python = path.join(ROOT, ".venv/bin/python");
  if (!existsSync(python)) throw new Error(`${python} is missing: \`make test\` installs it`);
  const child = spawn(python, [
    path.join(ROOT, "infra/local.py"), "up", "--port", "0", "--exit-with-stdin", "--state", STATE,
    "--bin-dir", path.join(ROOT, "target/debug"), ...flags,
  ], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => { child.on("exit", resolve); });
  const lines = createInterface({ input: child.stdout });
  let ready = false;
  for await (const line of lines) {
    process.stderr.write(`${line}\n`);
    if (line === "ready") { ready = true; break; }
  }
  if (!ready) throw new Error("the local stack did not come up: see above");
  child.stdout.resume();
  const stack = JSON.parse(await readFile(path.join(STATE, "stack.json"), "utf8"));
  const stop = async () => { child.stdin.end(); await ended; };
  return { stack, stop };
}

/** Starts Chromium from its npm package, or the one named by CHROMIUM. */
export async function startBrowser() {
  const given = process.env.CHROMIUM;
  if (given) return puppeteer.launch({ executablePath: given, headless: true });
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`no Chromium is packed for ${process.platform} ${process.arch}: set CHROMIUM to the path of a Chrome or Chromium`);
  }
  // The package unpacks itself into TMPDIR. With this variable it includes the libraries and a font that a bare machine
  // lacks. Its font configuration only knows /tmp.
  const unpacked = path.join(ROOT, "tests/console/node_modules/.chromium");
  const own = { ...process.env };
  await mkdir(unpacked, { recursive: true });
  const fonts = path.join(unpacked, "fonts.conf");
  await writeFile(fonts, `<?xml version="1.0"?>
<fontconfig><dir>${unpacked}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${unpacked}/fonts-cache</cachedir></fontconfig>
`);
  Object.assign(process.env, { TMPDIR: unpacked, AWS_LAMBDA_JS_RUNTIME: "nodejs22.x", FONTCONFIG_FILE: fonts });
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    const executablePath = await chromium.executablePath();
    // Without a sandbox, because root has none. It only opens the page under test.
    return await puppeteer.launch({ executablePath, headless: "shell", args: ["--no-sandbox"], env: { ...process.env } });
  } catch (error) {
    throw new Error(`Chromium does not start: ${error.message}\nSet CHROMIUM to the path of a Chrome or Chromium.`);
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name];
    Object.assign(process.env, own);
  }
}
