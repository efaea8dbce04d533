"""A Lambda Runtime API of a few lines: hands one event to the debug binary of a function, as Lambda does.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / "target" / "debug"
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@dataclass
class Invocation:
    answer: Any
    # The function's output, line by line.
    log: list[str]
    # From the start of the process to its answer.
    seconds: float


class RuntimeApi(BaseHTTPRequestHandler):
    # An answer is two writes, and the second would wait for the acknowledgement of the first.
    disable_nagle_algorithm = True
    event: bytes
    answer: Any = None
    handed_out = False
    done: threading.Event

    def do_GET(self) -> None:
        cls = type(self)
        if cls.handed_out:  # the function waits for the next event until it is ended
            time.sleep(60)
            return
        cls.handed_out = True
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", REQUEST_ID)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
        self.send_header("Content-Length", str(len(self.event)))
        self.end_headers()
        self.wfile.write(self.event)

    def do_POST(self) -> None:
        type(self).answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.done.set()
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def invoke(function: str, event: Any, environment: dict[str, str], binaries: Path = BINARIES) -> Invocation:
    """Starts the function, and ends it once it has answered the event."""
    api = type("Api", (RuntimeApi,), {"event": json.dumps(event).encode(), "done": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), api)
    server.daemon_threads = True
    # `shutdown` waits for the end of a poll.
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    env = AWS | environment | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    }
    started = time.monotonic()
    process = subprocess.Popen([binaries / function], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finished = api.done.wait(30)
    seconds = time.monotonic() - started
    process.kill()
    log, _ = process.communicate()
    server.shutdown()
    server.server_close()
    if not finished:
        raise AssertionError(f"{function} did not answer:\n{log}")
    return Invocation(api.answer, log.splitlines(), seconds)


def sqs_event(message: dict[str, Any]) -> dict[str, Any]:
    """The record that Lambda's event source makes of a received message.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events.fifo",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


def crm_events(*arguments: str) -> Any:
    command = [str(BINARIES / "crm-events"), *arguments]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
