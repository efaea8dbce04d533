import { SQS } from "@aws-sdk/client-sqs";
import type { Event } from "../schema/crm-event.js";

const sqs = new SQS(), QueueUrl = process.env.QUEUE_URL;
const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
for (const { Body = "", ReceiptHandle } of Messages) {
  const event: Event = JSON.parse(Body);
  if (Array.isArray(event)) continue; // points to S3: see "Events larger than a message"
  if (event.type === "crm.deal.updated") console.log(`${event.data.record.name}: ${event.data.record.amount}`);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
}
