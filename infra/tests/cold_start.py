#!/usr/bin/env python3
"""Measures cold starts: what reading the secrets adds, and what a vendor file adds. The figures are the time from the start
of the process to its first answer, and the processor time of the process.

    .venv/bin/python infra/tests/cold_start.py --binaries target/release

AWS is a stub in this process, without TLS. SQS answers after a delay too: the function opens its connection to the queue
while it reads the secrets.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from runtime_api import BINARIES, ROOT, crm_events, invoke


@dataclass(frozen=True)
class Start:
    title: str
    vendor: str = "heffl"
    case: str = "deal_updated"
    # How long SSM takes to answer; `None`: the secrets are in the environment.
    ssm_ms: float | None = None


STARTS = [
    Start("secrets in the environment"),
    *(Start(f"secrets in SSM, which takes {ms} ms", ssm_ms=ms) for ms in (0, 5, 20)),
    Start("twenty, by a vendor file", "twenty", "company_created"),
]


class Aws(BaseHTTPRequestHandler):
    # An answer is two writes, and the second would wait for the acknowledgement of the first.
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"
    secrets: str
    ssm_seconds: float
    sqs_seconds: float

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["x-amz-target"] == "AmazonSSM.GetParameter":
            time.sleep(self.ssm_seconds)
            answer = {"Parameter": {"Name": "/crm-events/heffl", "Type": "SecureString", "Value": self.secrets}}
        else:
            time.sleep(self.sqs_seconds)
            answer = {"MessageId": "m", "Attributes": {}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the function has answered and was ended
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def cold_start(start: Start, sqs_ms: float, binaries: Path) -> tuple[float, float]:
    secrets = json.dumps(crm_events("secrets")[start.vendor])
    event = crm_events("invoke-event", start.vendor, start.case)
    aws = type("Aws", (Aws,), {"secrets": secrets, "ssm_seconds": (start.ssm_ms or 0) / 1e3, "sqs_seconds": sqs_ms / 1e3})
    server = ThreadingHTTPServer(("127.0.0.1", 0), aws)
    server.daemon_threads = True
    # `shutdown` waits for the end of a poll.
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    environment = {
        "AWS_ENDPOINT_URL": url,
        "QUEUE_URL": f"{url}/123456789012/events.fifo",
        "QUARANTINE_QUEUE_URL": f"{url}/123456789012/quarantine",
        "WEBHOOK_SECRETS": secrets if start.ssm_ms is None else "ssm:/crm-events/heffl",
    }
    vendor_file = ROOT / "vendors" / f"{start.vendor}.toml"
    if vendor_file.exists():
        environment["VENDOR_FILE"] = str(vendor_file)
    before = cpu_seconds()
    invocation = invoke("generic" if vendor_file.exists() else start.vendor, event, environment, binaries)
    cpu = cpu_seconds() - before
    server.shutdown()
    server.server_close()
    assert invocation.answer["statusCode"] == 200, invocation
    return invocation.seconds * 1e3, cpu * 1e3


def cpu_seconds() -> float:
    """The processor time of the child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", type=Path, default=BINARIES, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--sqs-ms", type=float, default=5, help="how long SQS takes to answer (default: 5)")
    args = parser.parse_args()
    times: dict[str, list[tuple[float, float]]] = {start.title: [] for start in STARTS}
    for number in range(args.rounds):
        if sys.stderr.isatty():
            print(f"\rround {number + 1} of {args.rounds}", end="", file=sys.stderr)
        for start in STARTS:  # in turns: what disturbs one disturbs all
            times[start.title].append(cold_start(start, args.sqs_ms, args.binaries))
    medians = {title: [statistics.median(column) for column in zip(*values, strict=True)] for title, values in times.items()}
    base_wall, base_cpu = medians[STARTS[0].title]
    print(f"{'':34} {'start to answer':>24} {'processor':>24}")
    for title, (wall, cpu) in medians.items():
        print(f"{title:34} {wall:10.1f} ms {wall - base_wall:+7.1f} ms {cpu:10.1f} ms {cpu - base_cpu:+7.1f} ms")


if __name__ == "__main__":
    main()
