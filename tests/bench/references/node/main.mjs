// Webhook to SQS in Node, with the same client loop as Lambda's managed runtime.
import http from "node:http";
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";

const client = new SQSClient({});
const QueueUrl = process.env.QUEUE_URL;
const attributes = {
  type: "crm.deal.updated",
  vendor: "freshsales",
  account: "default",
  entity: "deal",
  action: "updated",
  specversion: "1.0",
};

async function handler(event, requestId) {
  const message = JSON.stringify({ id: requestId, data: JSON.parse(event.body) });
  await client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: message,
      MessageGroupId: "webhooks",
      MessageDeduplicationId: requestId,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
      ),
    }),
  );
  return { statusCode: 200 };
}

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve([response.headers, Buffer.concat(chunks).toString()]));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const [headers, event] = await call("GET", "next");
  const requestId = headers["lambda-runtime-aws-request-id"];
  try {
    const answer = await handler(JSON.parse(event), requestId);
    await call("POST", `${requestId}/response`, JSON.stringify(answer));
  } catch (error) {
    await call("POST", `${requestId}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
  }
}
