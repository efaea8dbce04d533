"""The lengths that infra/cost.py counts with, measured: real functions on the AWS emulator. Run by `make test`."""

import json
import sys
import tempfile
import unittest
from contextlib import ExitStack
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

import cost  # noqa: E402
import emulator  # noqa: E402
import processes  # noqa: E402
from runtime_api import crm_events, invoke, sqs_event  # noqa: E402

VENDOR, CASE = "heffl", "deal_updated"
# Durations have more or fewer digits.
TOLERANCE = 12


class LogLines(unittest.TestCase):
    def test_the_lines_of_an_accepted_event_are_as_long_as_the_cost_page_says(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        port = processes.choose_port()
        stack.enter_context(emulator.start(Path(stack.enter_context(tempfile.TemporaryDirectory())), port))
        endpoint = f"http://{processes.HOST}:{port}"
        sqs, dynamodb = (emulator.aws_client(service, endpoint) for service in ("sqs", "dynamodb"))
        queue = sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        dynamodb.create_table(
            TableName="view",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "partitionkey", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "partitionkey", "KeyType": "HASH"}],
        )
        environment = {"AWS_ENDPOINT_URL": endpoint, "QUEUE_URL": queue}

        ingest = environment | {
            "QUARANTINE_QUEUE_URL": queue,
            "WEBHOOK_SECRETS": json.dumps(crm_events("secrets")[VENDOR]),
            "METRICS_NAMESPACE": "crm-events/crm-events",
        }
        event = crm_events("invoke-event", VENDOR, CASE)
        accepted = invoke(VENDOR, event, ingest)
        self.assertEqual(accepted.answer["statusCode"], 200, accepted)
        self.assertLineLength(accepted.log, cost.FUNCTION_LINE_BYTES)
        refused = invoke(VENDOR, event | {"body": "{}"}, ingest)
        self.assertEqual(refused.answer["statusCode"], 401, refused)
        self.assertLineLength(refused.log, cost.REFUSED_LINE_BYTES)

        (message,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
        consumer = environment | {"DEAD_LETTER_QUEUE_URL": queue, "VIEW_TABLE": "view"}
        consumed = invoke("consumer", sqs_event(message), consumer)
        self.assertEqual(consumed.answer, {"batchItemFailures": []}, consumed)
        self.assertLineLength(consumed.log, cost.CONSUMER_LINE_BYTES)

    def assertLineLength(self, log: list[str], expected: int) -> None:
        (line,) = log
        # The first webhook of a process says so.
        line = line.replace('"cold_start":true,', "")
        self.assertAlmostEqual(len(line.encode()), expected, delta=TOLERANCE, msg=f"{len(line)}: {line}")


if __name__ == "__main__":
    unittest.main()
