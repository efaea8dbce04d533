"""Child processes that end with their parent, ports, and progress."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from workspace import EXIT_USAGE, ROOT, Failure

HOST = "127.0.0.1"
START = time.monotonic()


class Stopped(BaseException):
    """Ctrl-C, SIGTERM, SIGHUP or the end of stdin. Not an Exception, so that no handler catches it."""


def say(text: str) -> None:
    print(f"[{time.monotonic() - START:5.1f} s] {text}", flush=True)


def die_with_parent() -> None:
    """Ends this child even if its parent is killed with SIGKILL. Only on Linux."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


@contextlib.contextmanager
def running(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child in its own process group. The whole group is stopped at the end of the block."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        yield child
    finally:
        end_group(child)


def end_group(child: subprocess.Popen[bytes]) -> None:
    for signum, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        # Signal the group even if its leader has ended, because its children may still run.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def wait_for(what: str, child: subprocess.Popen[bytes], done: Callable[[], bool], limit: float) -> None:
    """Waits until `done`, the end of the child or the limit. Reports every few seconds."""
    begin = time.monotonic()
    told = 0
    while not done() and child.poll() is None:
        waited = time.monotonic() - begin
        if waited > limit:
            raise Failure(f"{what}: not done after {limit:.0f} s")
        if waited // 5 > told:
            told = int(waited // 5)
            say(f"  still {what}")
        time.sleep(0.05)


def stop_on_signals() -> None:
    def stop(_signum: int, _frame: FrameType | None) -> NoReturn:
        for signum in signals:  # once is enough: let the clean-up finish
            signal.signal(signum, signal.SIG_IGN)
        raise Stopped

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for signum in signals:
        signal.signal(signum, stop)


def stop_on_end_of_stdin() -> None:
    def read() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=read, daemon=True).start()


def choose_port() -> int:
    """A free port."""
    (port,) = choose_ports(PORT=0)
    return port


def choose_ports(**wanted: int) -> list[int]:
    """The ports of these variables if they are free, or any free one for 0. All are open at once, so that they differ."""
    chosen = []
    with contextlib.ExitStack() as probes:
        for variable, port in wanted.items():
            probe = probes.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                probe.listen()
            except (OSError, OverflowError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                raise Failure(
                    f"port {port}: {reason}. Choose another: `make run {variable}=...` (0: any free one).", EXIT_USAGE
                ) from None
            chosen.append(int(probe.getsockname()[1]))
    return chosen


def answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=1) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
