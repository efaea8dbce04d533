import json, os, boto3
from crm_event import Event

sqs, queue = boto3.client("sqs"), os.environ["QUEUE_URL"]
batch = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=20)
for message in batch.get("Messages", []):
    event: Event = json.loads(message["Body"])
    if isinstance(event, list):
        continue  # points to S3: see "Events larger than a message"
    if event["type"] == "crm.deal.updated":
        print(f'{event["data"]["record"].get("name")}: {event["data"]["record"].get("amount")}')
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
