// Forwards every product event of Freshsales to a crm-events function. What it runs in:
// https://developers.freshworks.com/docs/app-sdk/v3.0/contact/serverless-apps/product-events
// The request, its attempts and its token are in config/requests.json; the platform fills in the
// token itself, so that this code never holds it.

exports = {
  // A product event. Freshworks does not hand it out again: what the attempts of the request do
  // not deliver is lost, and the log line says what to save again in Freshsales.
  forward: async function (payload) {
    const what = `${payload.event} of record ${recordId(payload)}`;
    // Before it is sent: the platform ends a handler after 20 seconds, which five slow attempts
    // exceed, and then nothing below is reached.
    console.info(`${what} is sent`);
    try {
      await send(payload);
    } catch (error) {
      console.error(`${what} was not delivered: ${reason(error)}`);
    }
  },

  // The app was installed, or a new version of it: a wrong host, path or token shows now, rather
  // than with the first lost event. The function ignores this event, once it has checked the token.
  checkConnection: async function (payload) {
    try {
      await send(payload);
      renderData();
    } catch (error) {
      console.error(`${payload.event} was not delivered: ${reason(error)}`);
      renderData({ message: explanation(error) });
    }
  }
};

// The event as it came, less the settings of the installation: the token is one of them.
function send(payload) {
  const event = { ...payload };
  delete event.iparams;
  delete event.app_settings;
  return $request.invokeTemplate("forward", { context: {}, body: JSON.stringify(event) });
}

// How the platform describes a failed request: its status, and how often it was tried. What the
// error says besides may quote the request, so it is not logged.
function reason(error) {
  const { status, attempts } = error || {};
  return `${status ? `HTTP ${status}` : "no answer"}, attempts: ${attempts || "unknown"}`;
}

function explanation(error) {
  const { status } = error || {};
  switch (status) {
    case 401:
      return "crm-events does not accept this token for this path: compare it with the deployment's secrets.";
    case 404:
      return "There is no crm-events function at this path: compare it with the output freshsalesUrl.";
    default:
      return `crm-events could not be reached (${reason(error)}): compare the host with the output freshsalesUrl.`;
  }
}

// The id of the record that the event is about: of the one object of the data that is not about
// who did it, what changed and what belongs to it. (`fdk validate` takes no function with more
// than seven branches.)
function recordId({ data }) {
  const isRecord = ([name]) => !["actor", "associations", "changes"].includes(name);
  const [, record] = Object.entries(data || {}).find(isRecord) || [];
  const { id } = record || {};
  const { value = id } = id || {};
  return String(value || "unknown");
}
