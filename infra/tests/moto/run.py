"""The functions against moto's server, a second AWS emulator. Run by `make moto`.

A Runtime API of a few lines hands one event to the debug binary of a function, as Lambda does; SQS, S3 and DynamoDB are
moto's.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[3]
BINARIES = ROOT / "target" / "debug"
VENDOR, CASE = "heffl", "lead_created"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
logging.getLogger("werkzeug").setLevel(logging.ERROR)
os.environ |= AWS | {"AWS_DEFAULT_REGION": "us-east-1"}


class RuntimeApi(BaseHTTPRequestHandler):
    """One invocation. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    event: bytes
    answer: Any = None
    handed_out = False
    done: threading.Event

    def do_GET(self) -> None:
        cls = type(self)
        if cls.handed_out:  # the function waits for the next event until it is ended
            time.sleep(60)
        cls.handed_out = True
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
        self.send_header("Content-Length", str(len(self.event)))
        self.end_headers()
        self.wfile.write(self.event)

    def do_POST(self) -> None:
        type(self).answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.done.set()

    def log_message(self, *_: Any) -> None:
        pass


def invoke(function: str, event: Any, environment: dict[str, str]) -> Any:
    api = type("Api", (RuntimeApi,), {"event": json.dumps(event).encode(), "done": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = AWS | environment | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    }
    process = subprocess.Popen([BINARIES / function], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finished = api.done.wait(30)
    process.kill()
    log, _ = process.communicate()
    server.shutdown()
    server.server_close()
    if not finished:
        raise AssertionError(f"{function} did not answer:\n{log}")
    return api.answer


def crm_events(*arguments: str) -> Any:
    command = [str(BINARIES / "crm-events"), *arguments]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)


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
        self.queue = sqs.create_queue(QueueName=f"{self._testMethodName[:60]}.fifo", Attributes=fifo)["QueueUrl"]
        self.quarantine = sqs.create_queue(QueueName=f"q-{self._testMethodName[:60]}")["QueueUrl"]
        self.bucket = f"overflow-{abs(hash(self._testMethodName))}"
        self.client("s3").create_bucket(Bucket=self.bucket)
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "QUEUE_URL": self.queue,
            "QUARANTINE_QUEUE_URL": self.quarantine,
            "OVERFLOW_BUCKET": self.bucket,
            "WEBHOOK_SECRETS": json.dumps(crm_events("secrets")[VENDOR]),
        }
        self.event = crm_events("invoke-event", VENDOR, CASE)

    def post(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        event = dict(self.event)
        if body is not None:  # another body has another signature: the sample secrets accept a token too
            token = next(proof for proof in json.loads(self.environment["WEBHOOK_SECRETS"])["default"] if "token:" in proof)
            event |= {"body": json.dumps(body), "isBase64Encoded": False, "rawQueryString": f"token={token[6:]}"}
            event["queryStringParameters"] = {"token": token[6:]}
        answer = invoke(VENDOR, event, self.environment)
        self.assertEqual(answer["statusCode"], 200, answer)
        found: dict[str, Any] = json.loads(answer["body"])
        return found

    def received(self, queue: str) -> list[str]:
        messages = self.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]

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
        (message,) = self.received(self.queue)
        _, pointer = json.loads(message)
        stored = self.client("s3").get_object(Bucket=pointer["s3BucketName"], Key=pointer["s3Key"])["Body"].read()
        self.assertEqual(json.loads(stored)["source"], f"crm://{VENDOR}/default")

    def test_webhooks_wait_in_the_store_while_sqs_is_away(self) -> None:
        sqs = self.client("sqs")
        sqs.delete_queue(QueueUrl=self.queue)
        self.assertEqual(self.post()["status"], "stored")
        keys = [each["Key"] for each in self.client("s3").list_objects_v2(Bucket=self.bucket)["Contents"]]
        self.assertEqual(len([key for key in keys if key.startswith(f"pending/{VENDOR}/")]), 1, keys)


if __name__ == "__main__":
    unittest.main()
