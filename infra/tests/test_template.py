"""What holds the template together, and its alarms to the runbook. Run by `make test`."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

import cost  # noqa: E402

DAY = 24 * 60 * 60

# The most that a CRM is kept waiting, which shared/ingest keeps with its own time-outs on SQS and S3.
ANSWER_SECONDS = 6

TEMPLATE: dict[str, Any] = cfn_yaml.load(str(INFRA / "template.yaml"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: properties(name) for name, resource in RESOURCES.items() if resource["Type"] == kind}


def target(value: Any) -> str:
    """The resource that a !GetAtt or a !Ref is about."""
    if "Ref" in value:
        return str(value["Ref"])
    path = value["Fn::GetAtt"]
    return str(path.split(".")[0] if isinstance(path, str) else path[0])


class Queues(unittest.TestCase):
    queue = properties("Queue")
    dead_letters = properties("DeadLetterQueue")

    def test_every_failed_event_reaches_the_dead_letter_queue_before_the_main_queue_forgets_it(self) -> None:
        redrive = self.queue["RedrivePolicy"]
        self.assertEqual(target(redrive["deadLetterTargetArn"]), "DeadLetterQueue")
        self.assertLess(redrive["maxReceiveCount"] * self.queue["VisibilityTimeout"], DAY)
        self.assertLess(DAY, self.queue["MessageRetentionPeriod"])

    def test_dead_letters_and_quarantine_are_kept_longer_than_events(self) -> None:
        for name in ("DeadLetterQueue", "QuarantineQueue"):
            self.assertGreater(properties(name)["MessageRetentionPeriod"], self.queue["MessageRetentionPeriod"], name)

    def test_a_batch_is_handed_out_again_only_when_its_consumer_is_certainly_done(self) -> None:
        """AWS recommends six times the consumer's time-out.

        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        longest = 30  # of a consumer of your own: the template's comment promises it
        for name, mapping in of_type("AWS::Lambda::EventSourceMapping").items():
            if target(mapping["EventSourceArn"]) == "Queue":
                longest = max(longest, timeout(target(mapping["FunctionName"])))
                self.assertIn("ReportBatchItemFailures", mapping.get("FunctionResponseTypes", []), name)
        for name, function in of_type("AWS::Serverless::Function").items():
            if any(event["Type"] == "SQS" for event in function.get("Events", {}).values()):
                longest = max(longest, timeout(name))
        self.assertGreaterEqual(self.queue["VisibilityTimeout"], 6 * longest)

    def test_queues_are_alike_where_messages_move_between_them(self) -> None:
        for name in ("DeadLetterQueue", "QuarantineQueue"):
            for setting in ("MaximumMessageSize", "SqsManagedSseEnabled"):
                self.assertEqual(properties(name)[setting], self.queue[setting], f"{name}.{setting}")
        for setting in ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit"):
            self.assertEqual(self.dead_letters[setting], self.queue[setting], setting)
        self.assertEqual(self.queue["MaximumMessageSize"], 1024 * 1024)


def timeout(function: str) -> int:
    seconds = properties(function).get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"])
    assert isinstance(seconds, int), f"{function}: its time-out is a number in the template"
    return seconds


class TimeOuts(unittest.TestCase):
    def test_a_function_answers_before_lambda_ends_it_and_lambda_before_the_gateway(self) -> None:
        for name, integration in of_type("AWS::ApiGatewayV2::Integration").items():
            function = target(integration["IntegrationUri"])
            # With the time that a cold start may take.
            self.assertGreaterEqual(timeout(function), ANSWER_SECONDS + 3, function)
            self.assertGreaterEqual(integration["TimeoutInMillis"], 1000 * timeout(function), name)

    def test_the_alarm_on_slow_answers_rings_where_the_promise_ends(self) -> None:
        self.assertEqual(properties("SlowAlarm")["Threshold"], 1000 * ANSWER_SECONDS)
        self.assertLess(ANSWER_SECONDS, TEMPLATE["Globals"]["Function"]["Timeout"])


class OverflowStore(unittest.TestCase):
    bucket = properties("OverflowBucket")

    def days(self, prefix: str) -> int:
        rules = self.bucket["LifecycleConfiguration"]["Rules"]
        (rule,) = [rule for rule in rules if rule.get("Prefix") == prefix and rule["Status"] == "Enabled"]
        return int(rule["ExpirationInDays"])

    def test_an_object_outlives_every_pointer_to_it(self) -> None:
        """A FIFO dead-letter queue counts from the day that a message moves there, so the two add up.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        queues = ("Queue", "DeadLetterQueue")
        longest = sum(properties(name)["MessageRetentionPeriod"] for name in queues)
        self.assertGreater(self.days("events/") * DAY, longest)
        self.assertGreater(self.days("quarantine/") * DAY, properties("QuarantineQueue")["MessageRetentionPeriod"])
        self.assertGreater(self.days("pending/"), self.days("events/"))

    def test_it_is_private_encrypted_and_reached_with_tls_only(self) -> None:
        self.assertEqual(set(self.bucket["PublicAccessBlockConfiguration"].values()), {True})
        self.assertEqual(len(self.bucket["PublicAccessBlockConfiguration"]), 4)
        self.assertIn("BucketEncryption", self.bucket)
        self.assertEqual(self.bucket["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])
        (statement,) = properties("OverflowBucketPolicy")["PolicyDocument"]["Statement"]
        self.assertEqual((statement["Effect"], statement["Principal"], statement["Action"]), ("Deny", "*", "s3:*"))
        self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": "false"}})

    def test_functions_may_add_to_it_and_no_more(self) -> None:
        statements = properties("PublishPolicy")["PolicyDocument"]["Statement"]
        actions = [statement["Fn::If"][1]["Action"] for statement in statements if "Fn::If" in statement]
        self.assertEqual(actions, ["s3:PutObject"])


def name_of(alarm: dict[str, Any]) -> str:
    return str(alarm["AlarmName"]["Fn::Sub"]).removeprefix("${AWS::StackName}-")


class Alarms(unittest.TestCase):
    alarms = of_type("AWS::CloudWatch::Alarm")

    def test_every_alarm_has_its_runbook_entry_and_every_entry_its_alarm(self) -> None:
        names = sorted(map(name_of, self.alarms.values()))
        self.assertEqual(names, sorted(re.findall(r"^## ([a-z0-9-]+)$", (INFRA / "RUNBOOK.md").read_text(), re.M)))
        readme = (INFRA.parent / "README.md").read_text()
        rows = re.findall(r"^\| \[`([a-z0-9-]+)`\]\(infra/RUNBOOK\.md#([a-z0-9-]+)\) \|", readme, re.M)
        self.assertEqual([(name, name) for name in names], sorted(rows), "README.md, On call")

    def test_every_entry_says_what_it_means_where_to_look_and_what_to_do(self) -> None:
        entries = re.split(r"^## ", (INFRA / "RUNBOOK.md").read_text(), flags=re.M)[1:-1]
        for entry in entries:
            self.assertEqual(
                re.findall(r"^- \*\*(\w+)\*\*", entry, re.M), ["Means", "Look", "Do"], entry.split("\n")[0]
            )

    def test_every_alarm_says_what_to_do_tells_someone_and_is_quiet_without_data(self) -> None:
        for alarm in self.alarms.values():
            name = name_of(alarm)
            description = alarm["AlarmDescription"]
            self.assertTrue(description.endswith(f" infra/RUNBOOK.md#{name}"), name)
            self.assertLessEqual(len(description), 1024, name)
            self.assertEqual([target(action) for action in alarm["AlarmActions"]], ["AlarmTopic"], name)
            self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)

    def test_metrics_are_those_of_this_stack(self) -> None:
        own = "crm-events/${AWS::StackName}"
        self.assertEqual(
            TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["METRICS_NAMESPACE"], {"Fn::Sub": own}
        )
        for alarm in self.alarms.values():
            of_stack = alarm["Namespace"] == {"Fn::Sub": own} or bool(alarm.get("Dimensions"))
            self.assertTrue(of_stack, f"{name_of(alarm)} would ring for another stack of the account")


class TheDashboard(unittest.TestCase):
    text = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(text)["widgets"]

    def test_it_shows_every_alarm(self) -> None:
        (shown,) = [widget["properties"]["alarms"] for widget in self.widgets if widget["type"] == "alarm"]
        self.assertEqual(sorted(shown), sorted(f"${{{name}.Arn}}" for name in Alarms.alarms))

    def test_its_widgets_do_not_overlap(self) -> None:
        cells = [
            (x, y)
            for widget in self.widgets
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        ]
        self.assertEqual(len(cells), len(set(cells)))
        self.assertLess(max(x for x, _ in cells), 24)

    def test_it_shows_every_metric_that_an_alarm_is_on(self) -> None:
        for alarm in Alarms.alarms.values():
            self.assertIn(f'"{alarm["MetricName"]}"', self.text)

    def test_it_lists_no_vendor(self) -> None:
        vendors = re.findall(r"RouteKey: POST /webhooks/([a-z]+)$", (INFRA / "template.yaml").read_text(), re.M)
        self.assertGreater(len(vendors), 1)
        for vendor in vendors:
            self.assertNotIn(vendor, self.text)
        searches = [line for line in self.text.splitlines() if "SEARCH" in line]
        # A namespace with a hyphen stands in quotes:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
        for line in searches:
            self.assertTrue(r"""'{\"crm-events/${AWS::StackName}\",vendor""" in line or "{AWS/Lambda," in line, line)
        self.assertGreaterEqual(len(searches), 3)


class Cost(unittest.TestCase):
    def test_the_page_is_what_its_script_writes_and_the_readme_has_its_sum(self) -> None:
        result = subprocess.run([sys.executable, str(INFRA / "cost.py"), "--check"], check=False)
        self.assertEqual(result.returncode, 0, "run infra/cost.py")
        million, _, month = re.findall(r"\*\*together\*\* \| \| \*\*([0-9.]+)\*\*", (INFRA / "COST.md").read_text())
        readme = (INFRA.parent / "README.md").read_text()
        self.assertIn(f"A million webhooks cost about ${million}", readme)
        self.assertIn(f"up to ${month} a month", readme)

    def test_it_counts_with_the_templates_memory_and_alarms(self) -> None:
        self.assertEqual(cost.MEMORY_GB * 1024, TEMPLATE["Parameters"]["MemorySize"]["Default"])
        self.assertEqual(cost.ALARMS, len(Alarms.alarms))


if __name__ == "__main__":
    unittest.main()
