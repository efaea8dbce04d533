"""The AWS emulator on this machine (ministack: one process, one port, no Docker), and an environment in which it is AWS."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from processes import HOST, answers, running, say, wait_for
from workspace import Failure, shown, tail, tool

REGION = "us-east-1"
LOG = "emulator.log"


def aws_environment(endpoint: str) -> dict[str, str]:
    """An environment in which AWS is the emulator. It does not inherit from yours, because a profile,
    an endpoint or a proxy there could lead a local deployment to a real account."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")])
    return env | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def aws_client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


@contextlib.contextmanager
def start(
    folder: Path, port: int, aws: str | None = None, dedup_window: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the emulator. `aws` is the URL of the proxy in front of it, which the functions use as AWS."""
    endpoint = f"http://{HOST}:{port}"
    log = folder / LOG
    scratch = folder / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    env = aws_environment(aws or endpoint) | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,  # its default is every interface
        "MINISTACK_HOST": HOST,  # in the queue URLs it hands out
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "0",
        "IOT_MTLS_ENABLED": "0",  # it would listen on a second port, on every interface
        "TMPDIR": str(scratch),
    }
    say(f"starting the AWS emulator on {endpoint} (log: {shown(log)})")
    command = [tool("ministack")]
    if dedup_window is not None:  # it has no setting for this
        patch = f"import ministack.services.sqs as sqs; sqs._DEDUP_WINDOW_S = {dedup_window}"
        command = [sys.executable, "-c", f"{patch}; from ministack.app import main; main()"]
    with running(command, env, log) as child:
        wait_for("starting the emulator", child, lambda: answers(f"{endpoint}/_ministack/health"), limit=60)
        if child.poll() is not None:
            raise Failure(f"the emulator ended right after its start:\n{tail(log)}")
        try:
            yield child
        finally:
            shutil.rmtree(scratch, ignore_errors=True)  # the functions, unpacked
