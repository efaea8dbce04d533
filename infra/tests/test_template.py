"""Consistency of the template, and of its alarms with the runbook. Run by `make test`."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

from cfnlint.decode import cfn_yaml  # noqa: E402
import cost  # noqa: E402
import deploy  # noqa: E402
from expand import looped, translated  # noqa: E402
from workspace import all_vendors, vendors  # noqa: E402

DAY = 24 * 60 * 60

# Maximum time that a CRM waits. shared/ingest ensures it with its timeouts for SQS and S3.
ANSWER_SECONDS = 6

VENDORS = vendors(INFRA / "template.yaml")

# With every Fn::ForEach expanded, for every vendor.
TEMPLATE: dict[str, Any] = looped(QuietVendors="heffl")
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def resources_of(template: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(INFRA / template))))["Resources"]
    return found


EVENT_BUS, FAN_OUT = resources_of("event-bus.yaml"), resources_of("fan-out.yaml")

LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
KEY = ("kms:Decrypt", "kms:GenerateDataKey")


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: properties(name) for name, resource in RESOURCES.items() if resource["Type"] == kind}


def target(value: Any) -> str:
    """The resource of a !GetAtt or a !Ref."""
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
        """AWS recommends six times the consumer's timeout.

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
            for setting in ("MaximumMessageSize", "SqsManagedSseEnabled", "KmsMasterKeyId"):
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
            function = target(integration["IntegrationUri"]).removesuffix(".Alias")
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

    def test_it_outlives_the_stack(self) -> None:
        self.assertEqual(RESOURCES["OverflowBucket"]["DeletionPolicy"], "RetainExceptOnCreate")
        self.assertEqual(RESOURCES["OverflowBucket"]["UpdateReplacePolicy"], "Retain")


class Tables(unittest.TestCase):
    def test_each_outlives_the_stack_and_its_parameter(self) -> None:
        tables = of_type("AWS::DynamoDB::Table")
        self.assertEqual(set(tables), set(deploy.TABLES))
        for name, setting in deploy.TABLES.items():
            self.assertEqual(RESOURCES[name]["Condition"], f"Has{setting}")
            self.assertEqual(TEMPLATE["Conditions"][f"Has{setting}"], {"Fn::Equals": [{"Ref": setting}, "true"]})
            self.assertEqual(RESOURCES[name]["DeletionPolicy"], "Retain", name)
            self.assertEqual(RESOURCES[name]["UpdateReplacePolicy"], "Retain", name)
            self.assertIs(tables[name]["DeletionProtectionEnabled"], True, name)


class Roles(unittest.TestCase):
    """The emulator checks no permission, so a function without one would fail on AWS only."""

    def assert_allows(self, role: dict[str, Any], allowed: dict[tuple[str, ...], list[str]]) -> None:
        """The role may do exactly this: sorted actions, and the ends of the resources that they are allowed on."""
        self.assertNotIn("ManagedPolicyArns", role)
        (principal,) = role["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(principal["Principal"], {"Service": "lambda.amazonaws.com"})
        (policy,) = role["Policies"]
        statements = []
        for statement in policy["PolicyDocument"]["Statement"]:
            branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
            statements += [branch for branch in branches if "Effect" in branch]
        found = {tuple(sorted(listed(each["Action"]))): listed(each["Resource"]) for each in statements}
        self.assertEqual(len(found), len(statements))
        self.assertEqual(set(found), set(allowed))
        for actions, resources in found.items():
            for resource, end in zip(map(text, resources), allowed[actions], strict=True):
                self.assertTrue(resource.endswith(end), f"{actions} on {resource}, not {end}")
                self.assertEqual(resource == "*", end == "*", f"{actions} on {resource}")

    def test_a_functions_role_reaches_nothing_of_another_vendor(self) -> None:
        for vendor in VENDORS:
            folders = [f"${{OverflowBucket.Arn}}/{each}/{vendor}/*" for each in ("events", "quarantine", "pending")]
            self.assert_allows(
                properties(f"{vendor}Role"),
                {
                    ("sqs:GetQueueAttributes", "sqs:SendMessage"): ["Queue.Arn", "QuarantineQueue.Arn"],
                    LOG: [f":log-group:/aws/lambda/${{AWS::StackName}}-{vendor}:*"],
                    ("ssm:GetParameter",): [f":parameter/${{AWS::StackName}}/{vendor}"],
                    ("secretsmanager:GetSecretValue",): [f":secret:${{AWS::StackName}}/{vendor}-??????"],
                    ("s3:PutObject",): folders,
                    KEY: ["KmsKeyArn"],
                    ("xray:PutTelemetryRecords", "xray:PutTraceSegments"): ["*"],
                },
            )

    def test_the_sample_consumers_role_consumes_the_queue_and_writes_its_table(self) -> None:
        self.assert_allows(
            properties("ConsumerRole"),
            {
                ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"): ["Queue.Arn"],
                ("sqs:ChangeMessageVisibility",): ["Queue.Arn"],
                ("sqs:SendMessage",): ["DeadLetterQueue.Arn"],
                ("dynamodb:GetItem", "dynamodb:PutItem"): ["ViewTable.Arn"],
                ("s3:GetObject",): ["${OverflowBucket.Arn}/events/*"],
                LOG: [":log-group:/aws/lambda/${AWS::StackName}-consumer:*"],
                KEY: ["KmsKeyArn"],
                ("xray:PutTelemetryRecords", "xray:PutTraceSegments"): ["*"],
            },
        )

    def test_the_forwarders_role_takes_events_and_publishes_them(self) -> None:
        self.assert_allows(
            FAN_OUT["ForwarderRole"]["Properties"],
            {
                ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"): ["MainQueueArn"],
                ("sns:Publish",): ["Topic"],
                ("s3:PutObject",): [":s3:::${OverflowBucketName}/events/*"],
                LOG: [":log-group:/aws/lambda/${AWS::StackName}-forwarder:*"],
                KEY: ["KmsKeyArn"],
            },
        )

    def test_there_is_no_other_role(self) -> None:
        roles = {name for name, each in translated()["Resources"].items() if each["Type"] == "AWS::IAM::Role"}
        self.assertEqual(roles, {"ConsumerRole", *(f"{vendor}Role" for vendor in VENDORS)})
        found = [name for name, each in (FAN_OUT | EVENT_BUS).items() if each["Type"] == "AWS::IAM::Role"]
        self.assertEqual(found, ["ForwarderRole"])


class IdempotencyRecords(unittest.TestCase):
    def test_your_own_consumer_gets_the_table_without_the_sample(self) -> None:
        table = RESOURCES["IdempotencyTable"]
        self.assertEqual(table["Condition"], "HasIdempotencyRecords")
        self.assertEqual(TEMPLATE["Outputs"]["IdempotencyTableName"]["Condition"], "HasIdempotencyRecords")
        (key,) = table["Properties"]["KeySchema"]
        expiry = table["Properties"]["TimeToLiveSpecification"]
        found = (key["AttributeName"], expiry["AttributeName"], expiry["Enabled"])
        self.assertEqual(found, ("id", "expiration", True), "as shared/consume writes them")


class Vendors(unittest.TestCase):
    def test_each_has_a_function_behind_its_two_routes(self) -> None:
        keys = {route["RouteKey"]["Fn::Sub"] for route in of_type("AWS::ApiGatewayV2::Route").values()}
        expected = {f"POST /webhooks/{vendor}{account}" for vendor in VENDORS for account in ("", "/{account+}")}
        self.assertEqual(keys, expected)
        for vendor in VENDORS:
            self.assertEqual(target(properties(f"{vendor}Function")["LoggingConfig"]["LogGroup"]), f"{vendor}Log")
            self.assertIn(f"{vendor}Url", TEMPLATE["Outputs"])


class EventBus(unittest.TestCase):
    """The function takes an event of EventBridge without a proof, so only one rule of the partner's bus may invoke it."""

    resources = EVENT_BUS

    def test_the_rule_of_the_bus_may_invoke_the_function_and_nothing_else_may(self) -> None:
        (target,) = self.resources["Rule"]["Properties"]["Targets"]
        permission = self.resources["Permission"]["Properties"]
        self.assertEqual(self.resources["Rule"]["Properties"]["EventBusName"], {"Ref": "EventBusName"})
        self.assertTrue(text(target["Arn"]).endswith(":function:" + text(permission["FunctionName"])))
        self.assertEqual(text(permission["SourceArn"]), "Rule.Arn")

    def test_of_the_stack_only_a_vendors_own_routes_may_invoke_its_function(self) -> None:
        """Without the SourceArn, an API Gateway of any account might invoke it, with an event of EventBridge."""
        permissions = {
            name: each["Properties"]
            for name, each in translated()["Resources"].items()
            if each["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::Url")
        }
        self.assertEqual(set(permissions), {f"{vendor}Permission" for vendor in VENDORS})
        for vendor in VENDORS:
            permission = permissions[f"{vendor}Permission"]
            self.assertEqual(permission["Action"], "lambda:InvokeFunction")
            self.assertEqual(permission["Principal"], "apigateway.amazonaws.com")
            self.assertEqual(target(permission["FunctionName"]), f"{vendor}FunctionAliaslive")
            own = f"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{HttpApi}}/*/POST/webhooks/{vendor}*"
            self.assertEqual(text(permission["SourceArn"]), own)

    def test_the_function_is_that_of_the_stack(self) -> None:
        self.assertIn("salesforce", VENDORS)
        self.assertEqual(TEMPLATE["Globals"]["Function"]["AutoPublishAlias"], "live")

    def test_the_sources_are_those_that_the_function_takes(self) -> None:
        code = (INFRA.parent / "shared/normalize/src/crm/salesforce/mod.rs").read_text()
        for source in self.resources["Rule"]["Properties"]["EventPattern"]["source"]:
            self.assertIn(f'&str = "{source["prefix"]}"', code)

    def test_the_archive_has_the_events_of_the_bus_longer_than_an_alarm_may_be_overlooked(self) -> None:
        archive = self.resources["Archive"]["Properties"]
        self.assertTrue(text(archive["SourceArn"]).endswith(":event-bus/${EventBusName}"))
        self.assertGreaterEqual(archive["RetentionDays"], 7)


class Rollout(unittest.TestCase):
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html"""

    def resources(self, **parameters: str) -> dict[str, Any]:
        found: dict[str, Any] = translated(Vendors="heffl", SampleConsumer="true", **parameters)["Resources"]
        return found

    def versions(self, release: str) -> set[str]:
        resources = self.resources(Release=release)
        return {name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"}

    def test_a_new_release_is_a_new_version_of_every_function(self) -> None:
        one, other = self.versions("0123456789abcdef"), self.versions("fedcba9876543210")
        self.assertEqual((len(one), len(other), one & other), (2, 2, set()))
        self.assertEqual(one, self.versions("0123456789abcdef"))

    def test_a_canary_is_rolled_back_by_the_alarm_and_is_off_by_default(self) -> None:
        kind = "AWS::CodeDeploy::DeploymentGroup"
        self.assertEqual([each for each in self.resources().values() if each["Type"] == kind], [])
        (group,) = [each for each in self.resources(Rollout="Canary10Percent5Minutes").values() if each["Type"] == kind]
        alarms = group["Properties"]["AlarmConfiguration"]
        self.assertEqual((alarms["Enabled"], alarms["Alarms"]), (True, [{"Name": {"Ref": "Api5xxAlarm"}}]))
        self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["Properties"]["AutoRollbackConfiguration"]["Events"])


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def text(value: Any) -> str:
    if isinstance(value, str):
        return value
    found = next(iter(value.values()))
    return found if isinstance(found, str) else ".".join(found)


class Logs(unittest.TestCase):
    def test_lambda_itself_drops_no_line_that_carries_metrics(self) -> None:
        """Lambda sends on what is of `ApplicationLogLevel` and above, by the line's `level`. Lines with metrics are WARN or
        ERROR, those of accepted webhooks INFO; our own level decides about those.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
        """
        function = TEMPLATE["Globals"]["Function"]
        self.assertEqual(function["LoggingConfig"]["ApplicationLogLevel"], "INFO")
        self.assertEqual(function["LoggingConfig"]["LogFormat"], "JSON")
        self.assertEqual(function["Environment"]["Variables"]["LOG_LEVEL"], {"Ref": "LogLevel"})
        for name, each in of_type("AWS::Serverless::Function").items():
            self.assertEqual(set(each["LoggingConfig"]), {"LogGroup"}, f"{name} has levels of its own")

    def test_the_access_log_holds_no_path_and_no_query(self) -> None:
        _, settings, _ = properties("HttpApiStage")["AccessLogSettings"]["Fn::If"]
        fields = json.loads(settings["Format"])
        self.assertLessEqual(len(fields), 8)
        for variable in fields.values():
            self.assertNotRegex(variable, r"path|queryString|rawQuery")


def name_of(alarm: dict[str, Any]) -> str:
    return str(alarm["AlarmName"]["Fn::Sub"]).removeprefix("${AWS::StackName}-")


class Alarms(unittest.TestCase):
    alarms = of_type("AWS::CloudWatch::Alarm")
    # Those of the two other templates, with the names of their queues and CRMs.
    others = [each["Properties"] for each in (EVENT_BUS | FAN_OUT).values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    ends = ("-heffl", "-${Consumer}")

    def entry(self, alarm: dict[str, Any]) -> str:
        """The alarm's entry in the runbook."""
        name = name_of(alarm)
        return next((name.removesuffix(end) for end in self.ends if name.endswith(end)), name)

    def test_every_alarm_has_its_runbook_entry_and_every_entry_its_alarm(self) -> None:
        names = sorted(self.entry(alarm) for alarm in [*self.alarms.values(), *self.others])
        self.assertEqual(names, sorted(re.findall(r"^## ([a-z0-9-]+)$", (INFRA / "RUNBOOK.md").read_text(), re.M)))
        readme = (INFRA / "README.md").read_text()
        rows = re.findall(r"^\| \[`([a-z0-9-]+)`\]\(RUNBOOK\.md#([a-z0-9-]+)\) \|", readme, re.M)
        self.assertEqual([(name, name) for name in names], sorted(rows), "infra/README.md, On call")

    def test_every_entry_says_what_it_means_where_to_look_and_what_to_do(self) -> None:
        entries = re.split(r"^## ", (INFRA / "RUNBOOK.md").read_text(), flags=re.M)[1:-1]
        for entry in entries:
            self.assertEqual(
                re.findall(r"^- \*\*(\w+)\*\*", entry, re.M), ["Means", "Look", "Do"], entry.split("\n")[0]
            )

    def test_every_alarm_says_what_to_do_tells_someone_and_is_quiet_without_data(self) -> None:
        for topic, alarms in (("AlarmTopic", self.alarms.values()), ("AlarmTopicArn", self.others)):
            for alarm in alarms:
                name = self.entry(alarm)
                description = text(alarm["AlarmDescription"])
                self.assertTrue(description.endswith(f" infra/RUNBOOK.md#{name}"), name)
                self.assertLessEqual(len(description), 1024, name)
                self.assertEqual([target(action) for action in alarm["AlarmActions"]], [topic], name)
                self.assertEqual(alarm["TreatMissingData"], "breaching" if name == "quiet" else "notBreaching", name)

    def test_every_alarm_rings_on_its_metric(self) -> None:
        """The emulator evaluates none of them."""
        more, at_least = "GreaterThanThreshold", "GreaterThanOrEqualToThreshold"
        age, waiting = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
        expected = {
            "queue-age": (age, "Queue", "Maximum", more, "QueueAgeAlarmSeconds", 2),
            "dead-letter": (waiting, "DeadLetterQueue", "Maximum", more, 0, 1),
            "quarantine": (waiting, "QuarantineQueue", "Maximum", more, 0, 1),
            "stored": ("Stored", None, "Sum", more, 0, 1),
            "unavailable": ("Unavailable", None, "Sum", more, 0, 1),
            "too-large": ("TooLarge", None, "Sum", more, 0, 1),
            "unauthorized": ("Unauthorized", None, "Sum", at_least, 10, 1),
            "api-5xx": ("5xx", "HttpApi", "Sum", more, 0, 1),
            "api-4xx": ("4xx", "HttpApi", "Sum", at_least, 100, 1),
            "slow": ("Latency", "HttpApi", "Maximum", more, 6000, 1),
            "throttled": ("Throttled", None, "Sum", more, 0, 1),
            "flood": ("Count", "HttpApi", "Sum", more, "FloodAlarmRequests", 1),
            "quiet": ("Invocations", "${AWS::StackName}-heffl", "Sum", "LessThanThreshold", 1, "QuietHours"),
            "event-bus": ("Errors", "${StackName}-${Vendor}", "Sum", more, 0, 1),
            "consumer-queue-age": (age, "ConsumerQueue", "Maximum", more, 900, 2),
            "consumer-dead-letter": (waiting, "ConsumerDeadLetterQueue", "Maximum", more, 0, 1),
        }
        dimension = {"AWS/SQS": "QueueName", "AWS/ApiGateway": "ApiId", "AWS/Lambda": "FunctionName"}
        found = {}
        for alarm in [*self.alarms.values(), *self.others]:
            name, resource = self.entry(alarm), None
            if "Dimensions" in alarm:
                (only,) = alarm["Dimensions"]
                self.assertEqual(only["Name"], dimension[alarm["Namespace"]], name)
                value = only["Value"]
                resource = text(value) if "Fn::Sub" in value else target(value)
            threshold, periods = (
                target(value) if isinstance(value, dict) else value
                for value in (alarm["Threshold"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]))
            )
            rings = (alarm["Statistic"], alarm["ComparisonOperator"], threshold, periods)
            found[name] = (alarm["MetricName"], resource, *rings)
        self.assertEqual(found, expected)

    def test_metrics_are_those_of_this_stack(self) -> None:
        own = "crm-events/${AWS::StackName}"
        self.assertEqual(
            TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["METRICS_NAMESPACE"], {"Fn::Sub": own}
        )
        for alarm in self.alarms.values():
            of_stack = alarm["Namespace"] == {"Fn::Sub": own} or bool(alarm.get("Dimensions"))
            self.assertTrue(of_stack, f"{name_of(alarm)} would ring for another stack of the account")


class TheDashboard(unittest.TestCase):
    text = properties("StackDashboard")["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(text)["widgets"]

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
            self.assertRegex(self.text, rf"""["']{alarm["MetricName"]}\\?["']""")

    def test_it_shows_what_the_runbook_looks_for(self) -> None:
        shown = {each for widget in self.widgets for metric in widget["properties"]["metrics"] for each in metric if isinstance(each, str)}
        self.assertLessEqual({"ApproximateNumberOfMessagesNotVisible", "Throttles", "Unknown", "Unreadable"}, shown)

    def test_it_lists_no_vendor(self) -> None:
        for vendor in VENDORS:
            self.assertNotIn(vendor, self.text)

    def test_it_is_free_with_many_vendors(self) -> None:
        """CloudWatch's first three dashboards are free with up to 50 metrics each.

        https://aws.amazon.com/cloudwatch/pricing/
        """
        metrics = [metric for widget in self.widgets for metric in widget["properties"]["metrics"]]
        searches = [metric for metric in metrics if isinstance(metric[0], dict)]
        functions = 15 + 1
        self.assertGreaterEqual(functions, len(all_vendors(INFRA / "template.yaml")) + 1)
        self.assertLessEqual(len(metrics) - len(searches) + functions * len(searches), 50)


class Flood(unittest.TestCase):
    """The bounds of the cost of a stranger without a proof. That a 401 asks AWS for nothing is in tests/suite/webhook_secrets.rs."""

    def test_the_api_throttles_each_route_and_an_alarm_counts_every_request(self) -> None:
        defaults = {name: TEMPLATE["Parameters"][name]["Default"] for name in ("ThrottleRate", "ThrottleBurst")}
        self.assertEqual(defaults, {"ThrottleRate": 50, "ThrottleBurst": 1000})
        settings = properties("HttpApiStage")["DefaultRouteSettings"]
        limits = {"ThrottlingRateLimit": {"Ref": "ThrottleRate"}, "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"}}
        self.assertEqual(settings, limits)
        alarm = properties("FloodAlarm")
        self.assertEqual((alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]), ("AWS/ApiGateway", "Count", "Sum"))
        self.assertEqual(alarm["Threshold"], {"Ref": "FloodAlarmRequests"})
        # A route at its limit rings it.
        limit = defaults["ThrottleRate"] * alarm["Period"]
        self.assertLess(TEMPLATE["Parameters"]["FloodAlarmRequests"]["Default"], limit)

    def test_the_runbook_says_what_a_day_of_it_costs(self) -> None:
        rate = TEMPLATE["Parameters"]["ThrottleRate"]["Default"]
        found = re.search(r"(\d+) requests a second on one route cost\s+about \$(\d+) a day", (INFRA / "RUNBOOK.md").read_text())
        assert found
        self.assertEqual((int(found[1]), int(found[2])), (rate, round(cost.refused() * rate * DAY)))


class Cost(unittest.TestCase):
    def test_the_page_is_what_its_script_writes(self) -> None:
        result = subprocess.run([sys.executable, str(INFRA / "cost.py"), "--check"], check=False)
        self.assertEqual(result.returncode, 0, "run infra/cost.py")

    def test_a_million_webhooks_and_a_month_cost_what_was_aimed_at(self) -> None:
        self.assertLessEqual(cost.total(cost.INGEST, 1_000_000), 2.15)
        self.assertLessEqual(cost.fixed(), 4.00)

    def test_it_counts_with_the_templates_memory_alarms_and_metrics(self) -> None:
        self.assertEqual(cost.MEMORY_GB * 1024, TEMPLATE["Parameters"]["MemorySize"]["Default"])
        off = ("HasNoOverflow", "HasQuietVendors")  # by default
        alarms = {name: RESOURCES[name] for name in Alarms.alarms if RESOURCES[name].get("Condition") not in off}
        self.assertEqual(cost.ALARMS, len(alarms))
        own = {each["Properties"]["MetricName"] for each in alarms.values() if "Fn::Sub" in each["Properties"]["Namespace"]}
        self.assertLessEqual(own, set(cost.METRICS))

    def test_an_access_line_is_as_long_as_it_counts_with(self) -> None:
        _, settings, _ = properties("HttpApiStage")["AccessLogSettings"]["Fn::If"]
        line = settings["Format"]
        for variable, value in (
            ("requestId", "aBcDeFgHIAMEPXw="),
            ("routeKey", "POST /webhooks/freshsales"),
            ("status", "200"),
            ("responseLatency", "17"),
            ("integrationLatency", "15"),
            ("error.message", "-"),
            ("integrationErrorMessage", "-"),
            ("identity.sourceIp", "203.0.113.117"),
        ):
            line = line.replace(f'"$context.{variable}"', f'"{value}"')
        self.assertNotIn("$", line)
        self.assertEqual(len(line), cost.ACCESS_LINE_BYTES)


if __name__ == "__main__":
    unittest.main()
