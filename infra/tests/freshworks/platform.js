// A mock of the Freshworks platform: runs the app's server file as the platform does, and shows its requests instead of
// sending them.
//
//   node infra/tests/freshworks/platform.js '{"host": ..., "path": ..., "token": ...}' < events
//
// reads events, one JSON payload per line, and prints one request per line.

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const vm = require("node:vm");

const APP = path.join(__dirname, "../../freshsales-app");
const json = (file) => JSON.parse(fs.readFileSync(path.join(APP, file), "utf8"));

/** An installation of the app; `answer(request)` returns the response to a request. */
function install(iparams, answer) {
  const manifest = json("manifest.json");
  const templates = json("config/requests.json");
  const installation = { requests: [], logs: [], rendered: [] };
  const log = (...texts) => installation.logs.push(texts.join(" "));
  const sandbox = {
    exports: {},
    console: { log, info: log, warn: log, error: log },
    renderData: (error) => installation.rendered.push(error),
    $request: {
      invokeTemplate: async (name, { context = {}, body }) => {
        if (!(name in manifest.modules.common.requests)) throw new Error(`${name} is not in the manifest`);
        const { schema, options } = templates[name];
        const fill = (text) =>
          text.replace(/<%=\s*(iparam|context)\.(\w+)\s*%>/g, (_, kind, key) => (kind === "iparam" ? iparams : context)[key]);
        const headers = Object.fromEntries(Object.entries(schema.headers).map(([key, value]) => [key, fill(value)]));
        const request = {
          method: schema.method,
          url: `${schema.protocol || "https"}://${fill(schema.host)}${fill(schema.path)}`,
          headers,
          body,
        };
        let reply;
        let attempts = 0;
        do {
          attempts += 1;
          installation.requests.push(request);
          reply = answer(request);
          // https://developers.freshworks.com/docs/app-sdk/v3.0/deal/advanced-interfaces/request-method
        } while ((!reply || reply.status === 429 || reply.status >= 500) && attempts < ((options || {}).maxAttempts || 1));
        if (reply && reply.status < 400) return { ...reply, attempts };
        throw { ...reply, attempts };
      },
    },
  };
  // No require, process or timers, as in the platform's sandbox.
  vm.runInNewContext(fs.readFileSync(path.join(APP, "server/server.js"), "utf8"), sandbox);

  /** Passes an event to the handler that the manifest names for it. */
  installation.emit = async (payload) => {
    const module = Object.values(manifest.modules).find(({ events = {} }) => payload.event in events);
    if (!module) throw new Error(`the manifest has no ${payload.event}`);
    const handler = sandbox.exports[module.events[payload.event].handler];
    await handler.call(sandbox.exports, { ...payload, iparams: { ...iparams } });
  };
  return installation;
}

module.exports = { install, manifest: () => json("manifest.json") };

async function main() {
  const installation = install(JSON.parse(process.argv[2]), () => ({ status: 200 }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    await installation.emit(JSON.parse(line));
    process.stdout.write(`${JSON.stringify(installation.requests.pop())}\n`);
  }
}

if (require.main === module) main();
