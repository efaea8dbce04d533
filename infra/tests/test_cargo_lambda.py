"""One function deployed only with cargo-lambda, as in infra/README.md, on the AWS emulator. Run by `make test`."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

import emulator  # noqa: E402
import processes  # noqa: E402
import workspace  # noqa: E402

BINARIES = INFRA.parent / "target" / "debug"
FUNCTION, CASE = "heffl", "lead_created"


class CargoLambda(unittest.TestCase):
    def test_one_function_without_the_template(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        port = processes.choose_port()
        endpoint = f"http://{processes.HOST}:{port}"
        running = emulator.start(Path(folder.name), port)
        running.__enter__()
        self.addCleanup(running.__exit__, None, None, None)

        def client(service: str) -> Any:
            return emulator.aws_client(service, endpoint)

        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        quarantine = sqs.create_queue(QueueName="quarantine")["QueueUrl"]
        secrets = subprocess.run([BINARIES / "crm-events", "secrets"], capture_output=True, text=True, check=True)
        environment = Path(folder.name) / "function.env"
        environment.write_text(
            f"QUEUE_URL={queue}\nQUARANTINE_QUEUE_URL={quarantine}\n"
            f"WEBHOOK_SECRETS='{json.dumps(json.loads(secrets.stdout)[FUNCTION])}'\n"
        )
        command = [
            *(workspace.tool("cargo-lambda"), "lambda", "deploy", FUNCTION, "--endpoint-url", endpoint),
            *("--binary-path", str(BINARIES / FUNCTION), "--env-file", str(environment)),
            *("--role", "arn:aws:iam::000000000000:role/function", "--timeout", "10", "--memory", "256"),
        ]
        # cargo's own settings, and nothing about your AWS.
        own = {name: value for name, value in os.environ.items() if name.startswith(("CARGO_", "RUSTUP_"))}
        env = emulator.aws_environment(endpoint) | own
        deployed = subprocess.run(command, cwd=INFRA.parent, env=env, capture_output=True, text=True, check=False)
        self.assertEqual(deployed.returncode, 0, deployed.stdout + deployed.stderr)

        command = [str(BINARIES / "crm-events"), "invoke-event", FUNCTION, CASE]
        event = subprocess.run(command, cwd=INFRA.parent, capture_output=True, check=True).stdout
        answer = json.load(client("lambda").invoke(FunctionName=FUNCTION, Payload=event)["Payload"])
        self.assertEqual(answer["statusCode"], 200, answer)
        (event_id,) = json.loads(answer["body"])["events"]
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
        self.assertEqual(json.loads(message["Body"])["id"], event_id)


if __name__ == "__main__":
    unittest.main()
