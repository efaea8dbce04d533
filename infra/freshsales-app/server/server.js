// Forwards every product event of Freshsales to a crm-events function. The platform:
// https://developers.freshworks.com/docs/app-sdk/v3.0/contact/serverless-apps/product-events
// The request, its attempts and its token are in config/requests.json. The platform fills in the token, so this code
// never sees it.

exports = {
  // Forwards a product event. Freshworks does not send it again: if all attempts fail the event is lost, and the log
  // line names the record to save again in Freshsales.
  forward: async function (payload) {
    const what = `${payload.event} of record ${recordId(payload)}`;
    // Log before sending: the platform stops a handler after 20 seconds, so five slow attempts may not reach the code
    // below.
    console.info(`${what} is sent`);
    try {
      await send(payload);
    } catch (error) {
      console.error(`${what} was not delivered: ${reason(error)}`);
    }
  },

  // The app or a new version of it was installed. A wrong host, path or token is reported now, not with the first lost
  // event. The function checks the token and ignores this event.
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

// Sends the event without the settings of the installation, which include the token.
function send(payload) {
  const event = { ...payload };
  delete event.iparams;
  delete event.app_settings;
  return $request.invokeTemplate("forward", { context: {}, body: JSON.stringify(event) });
}

// The status and the number of attempts of a failed request. The rest of the error may quote the request, so it is not
// logged.
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

// The id of the event's record, which is the only object in the data besides actor, changes and associations. (`fdk
// validate` allows at most seven branches per function.)
function recordId({ data }) {
  const isRecord = ([name]) => !["actor", "associations", "changes"].includes(name);
  const [, record] = Object.entries(data || {}).find(isRecord) || [];
  const { id } = record || {};
  const { value = id } = id || {};
  return String(value || "unknown");
}
