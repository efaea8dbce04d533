"""infra/fan-out.yaml on the local stack: the events that a consumer's own queue gets, and their order."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path
from typing import Any, Iterator

import boto3

INFRA = Path(__file__).parents[1]
EVENTS = INFRA.parent / "events"
REGION = "us-east-1"


def event(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / case / "expected.json").read_text())["events"][0]
    return found


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "AWS_ENDPOINT_URL": url, "IOT_MTLS_ENABLED": "0"}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    ministack = Path(sys.executable).parent / "ministack"
    process = subprocess.Popen(
        [ministack], env={**os.environ, **settings, **keys}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/_ministack/health", timeout=1)
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


class FanOut(unittest.TestCase):
    def test_a_consumer_gets_the_events_of_its_filter_in_order(self) -> None:
        with emulator() as url:

            def client(service: str) -> Any:
                keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
                return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)

            sqs, cloudformation = client("sqs"), client("cloudformation")
            client("s3").create_bucket(Bucket="overflow")
            main = sqs.create_queue(QueueName="main.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=main, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            parameters = {
                "MainQueueArn": arn, "OverflowBucketName": "overflow", "Consumer": "sales", "Entities": "deal"
            }
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
            queue = next(output["OutputValue"] for output in outputs if output["OutputKey"] == "ConsumerQueueUrl")

            large = event("heffl/deal_deleted")
            large["data"]["raw"] = {"padding": "x" * 300_000}
            sent = [event("heffl/deal_created"), event("heffl/lead_created"), event("heffl/deal_updated"), large]
            for one in sent:
                sqs.send_message(
                    QueueUrl=main, MessageBody=json.dumps(one),
                    MessageGroupId=one["partitionkey"], MessageDeduplicationId=one["id"],
                )
            received: list[Any] = []
            deadline = time.monotonic() + 60
            while len(received) < 3 and time.monotonic() < deadline:
                answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
                for message in answer.get("Messages", []):
                    received.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            self.assertEqual(received[:2], [sent[0], sent[2]], "the deals alone, as they are on the main queue")
            _, pointer = received[2]
            stored = client("s3").get_object(Bucket=pointer["s3BucketName"], Key=pointer["s3Key"])["Body"].read()
            self.assertEqual(json.loads(stored), large)


if __name__ == "__main__":
    unittest.main()
