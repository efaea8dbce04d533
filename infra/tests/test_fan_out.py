"""infra/fan-out.yaml on the local stack: the events that a consumer's own queue gets, and their order."""

import hashlib
import json
import sys
import tempfile
import time
import unittest
from contextlib import ExitStack
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

import emulator  # noqa: E402
import processes  # noqa: E402

EVENTS = INFRA.parent / "events"
POINTER = "software.amazon.payloadoffloading.PayloadS3Pointer"


def event(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / case / "expected.json").read_text())["events"][0]
    return found


def attributes(of: dict[str, Any]) -> dict[str, Any]:
    """The message attributes, as `Outgoing::event` of shared/ingest writes them."""
    data = of["data"]
    texts = {"type": of["type"], "specversion": of["specversion"]}
    texts |= {name: data[name] for name in ("vendor", "account", "entity", "action")}
    return {name: {"DataType": "String", "StringValue": value} for name, value in texts.items()}


class FanOut(unittest.TestCase):
    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        port = processes.choose_port()
        self.endpoint = f"http://{processes.HOST}:{port}"
        stack.enter_context(emulator.start(Path(stack.enter_context(tempfile.TemporaryDirectory())), port))

    def client(self, service: str) -> Any:
        return emulator.aws_client(service, self.endpoint)

    def deploy(self, **parameters: str) -> dict[str, str]:
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName="fan-out",
            TemplateBody=(INFRA / "fan-out.yaml").read_text(),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="fan-out", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        outputs = cloudformation.describe_stacks(StackName="fan-out")["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def test_a_consumer_gets_the_events_of_its_filter_in_order(self) -> None:
        sqs, s3 = self.client("sqs"), self.client("s3")
        s3.create_bucket(Bucket="overflow")
        main = sqs.create_queue(QueueName="main.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=main, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = self.client("sns").create_topic(Name="alarms")["TopicArn"]
        queue = self.deploy(
            MainQueueArn=arn, OverflowBucketName="overflow", Consumer="sales", Entities="deal", AlarmTopicArn=topic
        )["ConsumerQueueUrl"]

        small, other, update, large = (
            event(f"heffl/{case}") for case in ("deal_created", "lead_created", "deal_updated", "deal_deleted")
        )
        large["data"]["raw"] = {"padding": "x" * 300_000}
        # An event that crm-ingest has stored: its message is a pointer, and its id too long to name the entity.
        stored = event("heffl/deal_created") | {"id": f"heffl:{'5' * 64}"}
        stored_pointer = [POINTER, {"s3BucketName": "overflow", "s3Key": "events/heffl/stored.json"}]
        stored_attributes = {"ExtendedPayloadSize": {"DataType": "Number", "StringValue": "1048577"}}
        for one, body, more in (
            (small, small, {}),
            (other, other, {}),
            (update, update, {}),
            (large, large, {}),
            (stored, stored_pointer, stored_attributes),
        ):
            sqs.send_message(
                QueueUrl=main, MessageBody=json.dumps(body), MessageAttributes=attributes(one) | more,
                MessageGroupId=one["partitionkey"], MessageDeduplicationId=one["id"],
            )  # fmt: skip

        received: list[dict[str, Any]] = []
        deadline = time.monotonic() + 60
        while len(received) < 4 and time.monotonic() < deadline:
            answer = sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2, MessageAttributeNames=["All"]
            )
            for message in answer.get("Messages", []):
                received.append(message)
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        bodies = [json.loads(message["Body"]) for message in received]
        of_one_record = [body for body in bodies if isinstance(body, dict)]
        self.assertEqual(of_one_record, [small, update], "the deals alone, as they are on the main queue")

        # The object has the key that crm-ingest would use, so that `crm-events forget` finds it.
        key = f"events/heffl/{hashlib.sha256(large['id'].encode()).hexdigest()}.json"
        pointer = [POINTER, {"s3BucketName": "overflow", "s3Key": key}]
        self.assertCountEqual([body for body in bodies if isinstance(body, list)], [pointer, stored_pointer])
        found = s3.get_object(Bucket="overflow", Key=key)["Body"].read()
        self.assertEqual(json.loads(found), large)

        by_body = {message["Body"]: message["MessageAttributes"] for message in received}
        values = {
            body: {name: value["StringValue"] for name, value in found.items()} for body, found in by_body.items()
        }
        plain = {name: value["StringValue"] for name, value in attributes(small).items()}
        self.assertEqual(values[json.dumps(small)], plain)
        sizes = {json.dumps(pointer): str(len(json.dumps(large).encode())), json.dumps(stored_pointer): "1048577"}
        for body, size in sizes.items():
            self.assertEqual(values[body]["ExtendedPayloadSize"], size)


if __name__ == "__main__":
    unittest.main()
