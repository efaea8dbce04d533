"""A whole deployment with infra/deploy.py, on the AWS emulator of the local stack. Run by `make test`.

The functions are empty zip files: what they do is the end-to-end test's, and here they are only deployed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

import deploy  # noqa: E402
import local  # noqa: E402

CLI = INFRA.parent / "target" / "debug" / "crm-events"
REGION = local.REGION
ANSWERS = f"crm-test\n{REGION}\nbasic\n\n\ntoken\nhmac\nwhsec_c2VjcmV0c2VjcmV0\n"


def run(*arguments: Any, env: dict[str, str] | None = None, answers: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(INFRA / "deploy.py"), *map(str, arguments)]
    return subprocess.run(command, input=answers, env=env, capture_output=True, text=True, timeout=300, check=False)


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.file = self.folder / "parameters.yaml"

    def settings(self, answers: str = "", *arguments: str) -> subprocess.CompletedProcess[str]:
        return run("--cli", CLI, "--parameters", self.file, *arguments, "settings", answers=answers)


class Settings(InAFolder):
    def test_it_asks_for_what_is_missing_and_only_once(self) -> None:
        asked = self.settings(ANSWERS)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        known = deploy.read(self.file)
        self.assertEqual((known["StackName"], known["Region"]), ("crm-test", REGION))
        self.assertEqual(json.loads(known["HefflSecrets"]), {"default": ["hmac:whsec_c2VjcmV0c2VjcmV0"]})
        (basic,), (token,) = (json.loads(known[name])["default"] for name in ("TeamgramSecrets", "FreshsalesSecrets"))
        self.assertRegex(basic, r"^basic:crm-events:[A-Za-z0-9_-]{43}$")
        self.assertRegex(token, r"^token:[A-Za-z0-9_-]{43}$")
        self.assertNotIn("AgilecrmSecrets", known)
        for text in (basic.split(":")[2], token.split(":")[1], "whsec_"):
            self.assertNotIn(text, asked.stdout + asked.stderr)
        before = self.file.read_text()
        again = self.settings()
        self.assertEqual((again.returncode, again.stdout, self.file.read_text()), (0, "", before), again.stderr)

    def test_nobody_there_to_ask_is_an_error_and_leaves_no_file(self) -> None:
        asked = self.settings("crm-test\n")
        self.assertEqual(asked.returncode, 2)
        self.assertFalse(self.file.exists())

    def test_one_file_is_one_deployment(self) -> None:
        self.settings(ANSWERS)
        other = self.settings("", "--stack", "crm-other")
        self.assertEqual(other.returncode, 2)
        self.assertIn("needs its own file", other.stderr)

    def test_what_is_malformed_is_named_without_its_value(self) -> None:
        for secrets in (
            "hunter2",
            "[]",
            "{}",
            '{"default": "token:hunter2"}',
            '{"default": []}',
            '{"default": ["hunter2"]}',
            '{"default": ["token:"], "acme": ["hunter2"]}',
            "{default: [hunter2",
        ):
            settings = {"StackName": "crm-test", "Region": REGION, "HefflSecrets": secrets}
            self.file.write_text("".join(f"{name}: {deploy.yaml_text(value)}\n" for name, value in settings.items()))
            asked = self.settings()
            self.assertEqual(asked.returncode, 2, secrets)
            self.assertIn("HefflSecrets: expected JSON of account to list of proofs", asked.stderr)
            self.assertNotIn("hunter2", asked.stderr)
        self.file.write_text("HefflSecrets: 'hunter2\nRegion: x: y")
        asked = self.settings()
        self.assertEqual((asked.returncode, "hunter2" in asked.stderr), (2, False), asked.stderr)
        self.assertIn("this is not YAML", asked.stderr)

    def test_a_reference_to_secrets_manager_is_left_alone(self) -> None:
        deploy.check("HefflSecrets", "{{resolve:secretsmanager:crm-events/heffl}}")
        deploy.check("HefflSecrets", "")


class OnTheEmulator(InAFolder):
    def test_deploy_update_and_remove(self) -> None:
        template = self.folder / "infra" / "template.yaml"
        template.parent.mkdir()
        shutil.copyfile(INFRA / "template.yaml", template)
        for function in local.functions(template):
            target = self.folder / "target" / "lambda" / function / "bootstrap.zip"
            target.parent.mkdir(parents=True)
            with zipfile.ZipFile(target, "w") as archive:
                archive.writestr("bootstrap", "#!/bin/sh\n")
        port = local.choose_port(0)
        endpoint = f"http://{local.HOST}:{port}"
        self.stack.enter_context(local.emulator(local.State(self.folder), port))
        env = local.aws_environment(endpoint) | {
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "__SAM_CLI_APP_DIR": str(self.folder / "sam"),
        }
        self.settings(ANSWERS)
        secrets = [line.split("default")[1] for line in self.file.read_text().splitlines() if "default" in line]
        everything = ""

        def deployed(*arguments: Any, answers: str = "") -> str:
            nonlocal everything
            result = run("--cli", CLI, "--parameters", self.file, *arguments, env=env, answers=answers)
            everything += result.stdout + result.stderr
            self.assertEqual(result.returncode, 0, everything)
            return result.stdout

        # The change set is shown, and only a yes goes on.
        shown = deployed("up", "--template", template, answers="y\n")
        self.assertIn("+ Add", shown)
        self.assertIn("functions/heffl/README.md, Register the URL", shown)
        self.assertIn("/webhooks/heffl\n", shown)
        self.assertNotIn("/webhooks/agilecrm", shown)

        def client(service: str) -> Any:
            return local.aws_client(service, endpoint)

        lambdas = client("lambda")
        variables = lambdas.get_function_configuration(FunctionName="crm-test-heffl")["Environment"]["Variables"]
        self.assertEqual(json.loads(variables["WEBHOOK_SECRETS"]), {"default": ["hmac:whsec_c2VjcmV0c2VjcmV0"]})

        # What watches over it is there too.
        cloudwatch = client("cloudwatch")
        alarms = cloudwatch.describe_alarms()["MetricAlarms"]
        self.assertIn("crm-test-dead-letter", {alarm["AlarmName"] for alarm in alarms})
        self.assertEqual({alarm["Namespace"] for alarm in alarms}, {"AWS/SQS", "AWS/ApiGateway", "crm-events/crm-test"})
        dashboard = json.loads(cloudwatch.get_dashboard(DashboardName="crm-test")["DashboardBody"])
        self.assertEqual(len(dashboard["widgets"][0]["properties"]["alarms"]), len(alarms))
        self.assertIn("crm-events/crm-test", json.dumps(dashboard))

        # A CRM more, with a backslash and a quote in its secret, and the sample consumer.
        awkward = {"default": ['token:a"b\\c']}
        deploy.write(self.file, {"AgilecrmSecrets": json.dumps(awkward), "SampleConsumer": "true"})
        deployed("up", "--template", template, "--", "--no-confirm-changeset")
        variables = lambdas.get_function_configuration(FunctionName="crm-test-agilecrm")["Environment"]["Variables"]
        self.assertEqual(json.loads(variables["WEBHOOK_SECRETS"]), awkward)
        self.assertIn("/webhooks/agilecrm\n", deployed("outputs"))
        # What crm-events takes as --stack.
        known = json.loads(deploy.stack_file("crm-test").read_text())
        self.assertEqual(known["quarantine_queue_url"], deploy_outputs(client)["QuarantineQueueUrl"])
        self.assertEqual(known["overflow_bucket"], deploy_outputs(client)["OverflowBucketName"])
        self.assertEqual(set(known["urls"]), {"teamgram", "agilecrm", "freshsales", "heffl"})

        # What would be lost is counted, and lost only when the stack's name is typed.
        bucket = deploy_outputs(client)["OverflowBucketName"]
        client("s3").put_object(Bucket=bucket, Key="pending/1", Body=b"{}")
        client("sqs").send_message(QueueUrl=deploy_outputs(client)["QuarantineQueueUrl"], MessageBody="{}")
        left = run("--parameters", self.file, "remove", env=env, answers="yes\n")
        self.assertEqual(left.returncode, 1)
        self.assertRegex(left.stdout, r"1 messages +\S+quarantine")
        self.assertRegex(left.stdout, rf"1 objects +{bucket}")
        self.assertRegex(left.stdout, r"0 items +\S*ViewTable")
        self.assertTrue(deploy_outputs(client))
        deployed("remove", answers="crm-test\n")
        gone = run("--parameters", self.file, "outputs", env=env)
        self.assertEqual(gone.returncode, 1, gone.stdout)
        self.assertFalse(deploy.stack_file("crm-test").exists())

        for secret in secrets:
            self.assertNotIn(secret, everything)


def deploy_outputs(client: Any) -> dict[str, str]:
    stack = client("cloudformation").describe_stacks(StackName="crm-test")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


if __name__ == "__main__":
    unittest.main()
