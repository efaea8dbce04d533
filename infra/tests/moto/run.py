"""The functions against moto's server, a second AWS emulator. Run by `make moto`."""

from __future__ import annotations

import json
import logging
import os
import sys
import unittest
from pathlib import Path
from typing import Any, ClassVar

import boto3
from moto.server import ThreadedMotoServer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from runtime_api import AWS, ROOT, crm_events, invoke, sqs_event  # noqa: E402

VENDOR, CASE = "heffl", "lead_created"
logging.getLogger("werkzeug").setLevel(logging.ERROR)
os.environ |= AWS | {"AWS_DEFAULT_REGION": "us-east-1"}


class OnMoto(unittest.TestCase):
    server: ClassVar[ThreadedMotoServer]

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        host, port = cls.server.get_host_and_port()
        cls.endpoint = f"http://{host}:{port}"

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint)

    def setUp(self) -> None:
        sqs = self.client("sqs")
        fifo = {"FifoQueue": "true", "MaximumMessageSize": "1048576"}
        name = self._testMethodName[:60]
        self.queue = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=fifo)["QueueUrl"]
        self.dead_letters = sqs.create_queue(QueueName=f"dead-{name}.fifo", Attributes=fifo)["QueueUrl"]
        self.quarantine = sqs.create_queue(QueueName=f"q-{name}")["QueueUrl"]
        self.bucket = f"overflow-{abs(hash(name))}"
        self.client("s3").create_bucket(Bucket=self.bucket)
        self.table = f"view-{name}"
        self.client("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "partitionkey", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "partitionkey", "KeyType": "HASH"}],
        )
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "QUEUE_URL": self.queue,
            "QUARANTINE_QUEUE_URL": self.quarantine,
            "OVERFLOW_BUCKET": self.bucket,
            "WEBHOOK_SECRETS": json.dumps(crm_events("secrets")[VENDOR]),
        }
        self.consumer = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "QUEUE_URL": self.queue,
            "DEAD_LETTER_QUEUE_URL": self.dead_letters,
            "VIEW_TABLE": self.table,
        }
        self.event = crm_events("invoke-event", VENDOR, CASE)

    def post(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        event = dict(self.event)
        if body is not None:  # another body has another signature: the sample secrets accept a token too
            token = next(proof for proof in json.loads(self.environment["WEBHOOK_SECRETS"])["default"] if "token:" in proof)
            event |= {"body": json.dumps(body), "isBase64Encoded": False, "rawQueryString": f"token={token[6:]}"}
            event["queryStringParameters"] = {"token": token[6:]}
        answer = invoke(VENDOR, event, self.environment).answer
        self.assertEqual(answer["statusCode"], 200, answer)
        found: dict[str, Any] = json.loads(answer["body"])
        return found

    def messages(self, queue: str) -> list[dict[str, Any]]:
        found = self.client("sqs").receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0, AttributeNames=["All"]
        )
        return list(found.get("Messages", []))

    def received(self, queue: str) -> list[str]:
        return [message["Body"] for message in self.messages(queue)]

    def consume(self, message: dict[str, Any]) -> str:
        """How the sample consumer ends with a message, in its own word."""
        invocation = invoke("consumer", sqs_event(message), self.consumer)
        self.assertEqual(invocation.answer, {"batchItemFailures": []}, invocation.log)
        (line,) = [line for line in map(json.loads, invocation.log) if "outcome" in line or line["level"] == "ERROR"]
        return str(line.get("outcome") or line["message"])

    def items(self) -> list[dict[str, Any]]:
        return list(self.client("dynamodb").scan(TableName=self.table)["Items"])

    def sample(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads((ROOT / "events" / VENDOR / CASE / "body.json").read_text())
        return body

    def test_an_event_is_accepted_once_and_its_duplicate_dropped(self) -> None:
        first, again = self.post(), self.post()
        self.assertEqual(first["status"], "accepted")
        self.assertEqual(first, again)
        (message,) = self.received(self.queue)
        self.assertEqual([json.loads(message)["id"]], first["events"])

    def test_a_body_that_is_not_understood_is_quarantined(self) -> None:
        self.assertEqual(self.post({"hello": "world"})["status"], "quarantined")
        self.assertEqual(len(self.received(self.quarantine)), 1)
        self.assertEqual(self.received(self.queue), [])

    def test_an_event_larger_than_a_message_goes_by_the_store(self) -> None:
        body = self.sample()
        body["payload"]["notes"] = "x" * 1_100_000
        self.assertEqual(self.post(body)["status"], "accepted")
        (message,) = self.messages(self.queue)
        _, pointer = json.loads(message["Body"])
        stored = self.client("s3").get_object(Bucket=pointer["s3BucketName"], Key=pointer["s3Key"])["Body"].read()
        self.assertEqual(json.loads(stored)["source"], f"crm://{VENDOR}/default")
        self.assertEqual(self.consume(message), "consumed")
        self.assertEqual(len(self.items()), 1)

    def test_webhooks_wait_in_the_store_while_sqs_is_away(self) -> None:
        sqs = self.client("sqs")
        sqs.delete_queue(QueueUrl=self.queue)
        self.assertEqual(self.post()["status"], "stored")
        keys = [each["Key"] for each in self.client("s3").list_objects_v2(Bucket=self.bucket)["Contents"]]
        self.assertEqual(len([key for key in keys if key.startswith(f"pending/{VENDOR}/")]), 1, keys)

    def test_the_consumer_applies_an_event_once(self) -> None:
        (event_id,) = self.post()["events"]
        (message,) = self.messages(self.queue)
        self.assertEqual([self.consume(message), self.consume(message)], ["consumed", "consumed before"])
        (item,) = self.items()
        self.assertEqual((item["event_id"], item["effects"]), ({"S": event_id}, {"N": "1"}))

    def test_the_consumer_moves_what_is_no_event_to_the_dead_letters(self) -> None:
        send = {"MessageBody": "hunter2", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
        self.client("sqs").send_message(QueueUrl=self.queue, **send)
        (message,) = self.messages(self.queue)
        self.assertEqual(self.consume(message), "moved to the dead-letter queue")
        self.assertEqual(self.received(self.dead_letters), ["hunter2"])
        self.assertEqual(self.items(), [])


if __name__ == "__main__":
    unittest.main()
