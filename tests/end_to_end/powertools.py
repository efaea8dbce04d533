"""Runs the README's Python consumer as Lambda would.

Standard input: {"source": the README's code, "batch": an SQS batch, "remaining_ms": of the invocation,
"crash": whether to stop inside the effect}. Standard output: {"response": the handler's return value, null
if it raised, "printed": the code's output}.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError


class Killed(BaseException):
    """Ends the process. Not an Exception, so that Powertools does not catch it."""


def main() -> None:
    task: dict[str, Any] = json.load(sys.stdin)
    context = SimpleNamespace(
        function_name="consumer",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:consumer",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: task["remaining_ms"],
    )
    printed = io.StringIO()

    def crashing_print(*_args: object) -> None:
        raise Killed

    module: dict[str, Any] = {"print": crashing_print} if task["crash"] else {}
    response = None
    # Powertools raises if every message of a batch failed, and Lambda then treats the whole batch as failed.
    with contextlib.redirect_stdout(printed), contextlib.suppress(Killed, BatchProcessingError):
        exec(compile(task["source"], "README.md", "exec"), module)
        response = module["handler"](task["batch"], context)
    json.dump({"response": response, "printed": printed.getvalue().splitlines()}, sys.stdout)


main()
