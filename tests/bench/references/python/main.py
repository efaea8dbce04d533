"""Webhook to SQS in Python, with the same client loop as Lambda's managed runtime."""

import http.client
import json
import os

import boto3

client = boto3.client("sqs")
QUEUE_URL = os.environ["QUEUE_URL"]
ATTRIBUTES = {
    "type": "crm.deal.updated",
    "vendor": "freshsales",
    "account": "default",
    "entity": "deal",
    "action": "updated",
    "specversion": "1.0",
}


def handler(event, request_id):
    message = json.dumps({"id": request_id, "data": json.loads(event["body"])})
    client.send_message(
        QueueUrl=QUEUE_URL,
        MessageBody=message,
        MessageGroupId="webhooks",
        MessageDeduplicationId=request_id,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in ATTRIBUTES.items()
        },
    )
    return {"statusCode": 200}


api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    api.request(method, f"/2018-06-01/runtime/invocation/{path}", body)
    response = api.getresponse()
    return response.headers, response.read()


while True:
    headers, event = call("GET", "next")
    request_id = headers["lambda-runtime-aws-request-id"]
    try:
        answer = handler(json.loads(event), request_id)
        call("POST", f"{request_id}/response", json.dumps(answer))
    except Exception as error:
        call("POST", f"{request_id}/error", json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}))
