"""A whole deployment with infra/deploy.py, on the AWS emulator of the local stack. Run by `make test`."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

import deploy  # noqa: E402
import emulator  # noqa: E402
import processes  # noqa: E402
import settings  # noqa: E402
import workspace  # noqa: E402
from emulator import REGION  # noqa: E402
from workspace import CLI  # noqa: E402

BINARIES = CLI.parent
WHSEC = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"
# A proof for each of these CRMs, none for the others.
PROOFS = {"freshsales": "token", "heffl": f"hmac\n{WHSEC}", "teamgram": "basic"}
ALARM_EMAIL = "on-call@example.com"
ANSWERS = f"crm-test\n{REGION}\n{ALARM_EMAIL}\n" + "".join(f"{PROOFS.get(vendor, '')}\n" for vendor in settings.secret_forms(CLI))


class OnTheEmulator(unittest.TestCase):
    """One emulator for a class; a folder and a parameters file for each test."""

    endpoint: ClassVar[str]
    env: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = processes.choose_port()
        cls.endpoint = f"http://{processes.HOST}:{port}"
        stack.enter_context(emulator.start(folder, port))
        cls.env = emulator.aws_environment(cls.endpoint) | {
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "CRM_EVENTS_DELAY": "1",
            "__SAM_CLI_APP_DIR": str(folder / "sam"),
        }

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "parameters.yaml"
        self.deployed = self.folder / "deployed"
        self.printed = ""

    def client(self, service: str) -> Any:
        return emulator.aws_client(service, self.endpoint)

    def run_deploy(self, *arguments: Any, answers: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        options = ["--cli", CLI, "--parameters", self.file, "--deployed", self.deployed]
        result = subprocess.run(
            [str(part) for part in (sys.executable, INFRA / "deploy.py", *options, *arguments)],
            cwd=self.folder, input=answers, env=self.env, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        self.printed += result.stdout + result.stderr
        self.assertEqual(result.returncode, code, self.printed[-3000:])
        return result

    def write(self, **values: str) -> None:
        self.file.unlink(missing_ok=True)
        settings.write(self.file, values)

    def secret_of(self, vendor: str, stack: str = "crm-test") -> dict[str, list[str]]:
        found = self.client("ssm").get_parameter(Name=f"/{stack}/{vendor}", WithDecryption=True)["Parameter"]
        self.assertEqual(found["Type"], "SecureString")
        secret: dict[str, list[str]] = json.loads(found["Value"])
        return secret

    def forget_secrets(self, *vendors: str) -> None:
        for vendor in vendors:
            self.client("ssm").delete_parameter(Name=f"/crm-test/{vendor}")


class ParametersFile(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "parameters.yaml"

    def test_a_value_is_the_text_that_was_written(self) -> None:
        for written, value in (
            ("", ""),
            (" # none", ""),
            (" ~", ""),
            (" null", ""),
            (" ''", ""),
            (" 'null'", "null"),
            (" 2026-01-01", "2026-01-01"),
            (" 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            (" true", "true"),
            (" 30", "30"),
            (" {acme: Europe/Berlin}", '{"acme": "Europe/Berlin"}'),
            (" {acme: {1: 2026-01-01}}", '{"acme": {"1": "2026-01-01"}}'),
        ):
            self.file.write_text(f"Setting:{written}\n")
            self.assertEqual(settings.read(self.file), {"Setting": value}, written)

    def test_an_empty_setting_is_taken_or_refused_before_the_build(self) -> None:
        for name in ("AlarmEmail", "DomainName", "KmsKeyArn", "Tags"):
            settings.check(name, "")
        settings.check_quiet_vendors({"QuietVendors": "none", "Vendors": "heffl"})
        with self.assertRaisesRegex(workspace.Failure, "^QuietVendors: empty; there are heffl, or write none"):
            settings.check_quiet_vendors({"QuietVendors": "", "Vendors": "heffl"})
        for name in ("StackName", "Region", "Vendors"):
            with self.assertRaisesRegex(workspace.Failure, f"^{name}: "):
                settings.check(name, "")

    def test_settings_are_added_below_what_the_file_has(self) -> None:
        for before in ("", "Region: eu-west-1\nVendors: capsule", "Region: eu-west-1\nVendors: capsule\n", "# nothing yet"):
            self.file.write_text(before)
            known = settings.read(self.file)
            settings.write(self.file, {"StackName": "it's"})
            self.assertEqual(settings.read(self.file), known | {"StackName": "it's"}, before)
            self.assertTrue(self.file.read_text().startswith(before))


class Settings(OnTheEmulator):
    def test_it_asks_for_what_is_missing_and_only_once(self) -> None:
        self.addCleanup(self.forget_secrets, "freshsales", "heffl", "teamgram")
        self.run_deploy("settings", answers=ANSWERS)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        expected = {
            "StackName": "crm-test", "Region": REGION, "AlarmEmail": ALARM_EMAIL, "Vendors": "freshsales,heffl,teamgram"
        }  # fmt: skip
        self.assertEqual(settings.read(self.file), expected)
        self.assertEqual(self.secret_of("heffl"), {"default": ["hmac:whsec_c2VjcmV0c2VjcmV0c2VjcmV0"]})
        (basic,), (token,) = (self.secret_of(vendor)["default"] for vendor in ("teamgram", "freshsales"))
        self.assertRegex(basic, r"^basic:crm-events:[A-Za-z0-9_-]{43}$")
        self.assertRegex(token, r"^token:[A-Za-z0-9_-]{43}$")
        for text in (basic.split(":")[2], token.split(":")[1], WHSEC):
            self.assertNotIn(text, self.printed + self.file.read_text())
        before = self.file.read_text()
        again = self.run_deploy("settings")
        self.assertEqual((again.stdout, self.file.read_text()), ("", before), again.stderr)

        # Another CRM in the file: only its proof is asked for, and then it can be shown and changed.
        self.write(**expected | {"Vendors": "freshsales, heffl, teamgram, agilecrm"})
        self.run_deploy("settings", answers="token\n")
        self.addCleanup(self.forget_secrets, "agilecrm")
        self.assertEqual(json.loads(self.run_deploy("secret", "agilecrm").stdout), self.secret_of("agilecrm"))
        awkward = {"default": ['token:a"b\\c'], "acme": ["token:d e"]}
        self.run_deploy("secret", "agilecrm", "--set", answers=json.dumps(awkward))
        self.assertEqual(self.secret_of("agilecrm"), awkward)

    def test_entries_are_added_to_a_secret_and_all_others_stay(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="capsule")
        self.addCleanup(self.forget_secrets, "capsule")
        for added, expected in (
            ({"default": ["token:ä"]}, {"default": ["token:ä"]}),  # there is no secret yet
            ({"default": ["token:b", "token:ä", "token:b"]}, {"default": ["token:ä", "token:b"]}),
            ({"acme": ["token:c"]}, {"default": ["token:ä", "token:b"], "acme": ["token:c"]}),
        ):
            printed = self.run_deploy("secret", "capsule", "--add", answers=json.dumps(added)).stdout
            self.assertEqual(self.secret_of("capsule"), expected)
            self.assertNotIn("token:", printed)

        before = self.secret_of("capsule")
        for malformed in ("hunter2", '{"default": "token:hunter2"}', '{"default": ["hmac:hunter2"]}', "{}"):
            refused = self.run_deploy("secret", "capsule", "--add", answers=malformed, code=2)
            self.assertRegex(refused.stderr, "^error: secret of capsule: ")
            self.assertNotIn("hunter2", refused.stderr)
        self.assertEqual(self.secret_of("capsule"), before)

        self.client("ssm").put_parameter(Name="/crm-test/capsule", Value="{hunter2", Type="SecureString", Overwrite=True)
        refused = self.run_deploy("secret", "capsule", "--add", answers='{"default": ["token:d"]}', code=2)
        self.assertRegex(refused.stderr, "^error: stored secret of capsule: (.|\n)*VENDOR=capsule SET=1 replaces it")
        self.assertNotIn("hunter2", refused.stderr)

    def test_a_malformed_secret_in_the_store_is_reported_before_the_build_and_not_sent(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="capsule")
        self.addCleanup(self.forget_secrets, "capsule")
        urls = self.folder / "stack.json"
        urls.write_text(json.dumps({"urls": {"capsule": "https://hooks.example.com/webhooks/capsule"}}))
        known = settings.read(self.file)
        message = "stored secret of capsule: (.|\n)*VENDOR=capsule SET=1 replaces it"
        for malformed in ("{hunter2", '["token:hunter2"]', '{"default": []}', '{"default": "token:hunter2"}'):
            self.client("ssm").put_parameter(Name="/crm-test/capsule", Value=malformed, Type="SecureString", Overwrite=True)
            with (
                mock.patch.dict(os.environ, self.env, clear=True),
                self.assertRaisesRegex(workspace.Failure, message) as refused,
            ):
                deploy.check_routes(CLI, known, urls)
            self.assertNotIn("hunter2", str(refused.exception))
        self.assertRegex(self.run_deploy("settings", code=2).stderr, f"^error: {message}")

        # Only a CRM that is chosen needs a secret that its function can read.
        self.file.unlink()
        crms = list(settings.secret_forms(CLI))
        place = f"crm-test\n{REGION}\n\n"
        answers = place + "".join("no\n" if crm == "capsule" else "\n" for crm in crms)
        self.assertIn("no CRM, nothing to deploy", self.run_deploy("settings", answers=answers, code=2).stderr)
        answers = place + "\n" * (crms.index("capsule") + 1)
        self.assertRegex(self.run_deploy("settings", answers=answers, code=2).stderr, message)
        self.assertNotIn("hunter2", self.printed)

    def test_secrets_manager_keeps_them_if_the_file_says_so(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl", SecretStore="secretsmanager")
        self.run_deploy("settings", answers="token\n")
        before = self.client("secretsmanager").get_secret_value(SecretId="crm-test/heffl")["SecretString"]
        self.assertRegex(json.loads(before)["default"][0], "^token:")
        self.run_deploy("secret", "heffl", "--set", answers='{"default": ["token:new"]}')
        after = self.client("secretsmanager").get_secret_value(SecretId="crm-test/heffl")["SecretString"]
        self.assertEqual(json.loads(after), {"default": ["token:new"]})

    def test_every_form_of_every_crm_can_be_chosen_and_a_secret_that_the_crm_makes_later_left_open(self) -> None:
        """The parts of `crm-events secret-forms`, and a function takes what comes of them when it starts."""
        for vendor, forms in settings.secret_forms(CLI).items():
            for form in forms:
                self.write(StackName="crm-test", Region=REGION, Vendors=vendor)
                asked = self.run_deploy("settings", answers=form["scheme"] + "\n\n").stdout
                secret = json.dumps(self.secret_of(vendor))
                self.assertIn(f'["{form["scheme"]}:', secret)
                settings.check_secrets(CLI, vendor, secret)
                self.assertEqual(f"webhooks of {vendor} are refused" in asked, form["made_by_crm"])
                self.forget_secrets(vendor)

    def test_a_secret_of_another_form_is_refused_when_it_is_asked_for(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl")
        refused = self.run_deploy("settings", answers="hmac\nwhsec_hunter2\n", code=2)
        self.assertIn("expected hmac:whsec_<base64>", refused.stderr)
        self.assertNotIn("hunter2", refused.stdout + refused.stderr)
        self.run_deploy("settings", answers=f"hmac\nhmac:{WHSEC}\n")
        self.addCleanup(self.forget_secrets, "heffl")
        self.assertEqual(self.secret_of("heffl"), {"default": [f"hmac:{WHSEC}"]})

    def test_nobody_there_to_ask_is_an_error_and_leaves_no_file(self) -> None:
        self.run_deploy("settings", answers="crm-test\n", code=2)
        self.assertFalse(self.file.exists())

    def test_one_file_is_one_deployment(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl")
        other = self.run_deploy("--stack", "crm-other", "settings", code=2)
        self.assertIn("needs its own file", other.stderr)

    def test_what_cloudformation_would_refuse_after_minutes_is_refused_at_once(self) -> None:
        """A function's name has at most 64 characters.

        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
        """
        most = 64 - len("-freshsales")
        settings.check("StackName", "a" * most)
        for changed, words in (
            ({"StackName": "a" * (most + 1)}, f"at most {most}"),
            ({"StackName": "crm_test"}, "letters, digits and hyphens"),
            ({"Vendors": "heffl,salesforce2"}, "Vendors: salesforce2"),
            ({"LogLvel": "WARN"}, "LogLvel is no setting"),
            ({"QuietVendors": "heffl, teamgrid"}, "QuietVendors: teamgrid; there are heffl"),
            ({"AlarmEmail": "on-call"}, "AlarmEmail: expected an e-mail address"),
        ):
            self.write(**{"StackName": "crm-test", "Region": REGION, "Vendors": "heffl"} | changed)
            self.assertIn(words, self.run_deploy("settings", code=2).stderr)

    def test_a_tool_that_is_not_built_is_named(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl")
        refused = self.run_deploy("--cli", self.folder / "crm-events", "secret", "heffl", "--set", answers="{}", code=2)
        self.assertIn("crm-events is missing: run `make cli`", refused.stderr)

    def test_a_malformed_secret_is_refused_without_its_value(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl")
        for secret in (
            "hunter2",
            "[]",
            "{}",
            '{"default": "token:hunter2"}',
            '{"default": []}',
            '{"default": ["hunter2"]}',
            '{"default": ["token:"], "acme": ["hunter2"]}',
            '{"default": ["basic:user:hunter2"]}',
            '{"default": ["hmac:whsec_hunter2"]}',
            "{default: [hunter2",
        ):
            refused = self.run_deploy("secret", "heffl", "--set", answers=secret, code=2)
            self.assertRegex(refused.stderr, "^error: secret of heffl: .*expected")
            self.assertNotIn("hunter2", refused.stderr)


class Deployment(OnTheEmulator):
    def template(self, *vendors: str) -> Path:
        """A copy of the template with the real functions of these vendors, and empty ones for the others."""
        template = self.folder / "infra" / "template.yaml"
        template.parent.mkdir()
        shutil.copyfile(INFRA / "template.yaml", template)
        files = workspace.vendor_files()
        empty = self.folder / "empty"
        empty.write_bytes(b"#!/bin/sh\n")
        for function in [*workspace.all_vendors(template), workspace.CONSUMER]:
            binary = BINARIES / (workspace.GENERIC if function in files else function)
            target = self.folder / "target" / "lambda" / function / "bootstrap.zip"
            workspace.write_zip(target, binary if function in vendors else empty, files.get(function))
        return template

    def outputs(self) -> dict[str, str]:
        stack = self.client("cloudformation").describe_stacks(StackName="crm-test")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def test_deploy_update_and_remove(self) -> None:
        template = self.template("heffl", "capsule")
        up = ["up", "--template", template, "--architecture", "arm64" if os.uname().machine == "aarch64" else "x86_64"]
        lambdas = self.client("lambda")
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl,capsule", Tags="team=crm env=test")
        self.run_deploy("settings", answers="hmac\nwhsec_c2VjcmV0c2VjcmV0c2VjcmV0\ntoken\n")
        self.assertEqual(json.loads(self.run_deploy("secret", "capsule").stdout), self.secret_of("capsule"))

        # The change set is shown, and only a yes continues.
        declined = self.run_deploy(*up, answers="n\n", code=1)
        self.assertIn("+ Add", declined.stdout)
        self.assertIn("not deployed", declined.stderr)
        self.assertNotIn("/webhooks/", declined.stdout)
        self.assertIn("was never deployed", self.run_deploy("outputs", code=1).stderr)

        # Then a signed webhook goes through each route.
        shown = self.run_deploy(*up, answers="y\n").stdout
        self.assertIn("+ Add", shown)
        self.assertIn("/webhooks/heffl\n    how: shared/normalize/src/crm/heffl/README.md, Register the URL", shown)
        self.assertIn("/webhooks/capsule\n    how: vendors/capsule.toml; secret", shown)
        self.assertNotIn("/webhooks/agilecrm", shown)
        self.assertEqual(len(re.findall(r"ok +without a proof: refused", shown)), 2)
        self.assertEqual(len(re.findall(r"ok +with the proof: accepted", shown)), 2)
        (stack,) = self.client("cloudformation").describe_stacks(StackName="crm-test")["Stacks"]
        self.assertIn({"Key": "team", "Value": "crm"}, stack["Tags"])

        # The alarms and the dashboard exist too.
        alarms = self.client("cloudwatch").describe_alarms()["MetricAlarms"]
        self.assertIn("crm-test-dead-letter", {alarm["AlarmName"] for alarm in alarms})
        self.assertEqual({alarm["Namespace"] for alarm in alarms}, {"AWS/SQS", "AWS/ApiGateway", "crm-events/crm-test"})
        dashboard = self.client("cloudwatch").get_dashboard(DashboardName="crm-test")["DashboardBody"]
        self.assertIn("crm-events/crm-test", json.dumps(json.loads(dashboard)))

        # Another CRM, other settings, and the sample consumer. (The emulator passes no parameters to SAM, so the alias stays
        # on the first version: test_template.py has what SAM makes of them.)
        more = {"Vendors": "agilecrm,heffl", "SampleConsumer": "true", "QuietVendors": "heffl", "LogLevel": "WARN"}
        more["IdempotencyRecords"] = "true"
        self.write(**settings.read(self.file) | more)
        self.run_deploy("settings", answers="token\n")
        declined = self.run_deploy(*up, "--no-check", answers="n\n", code=1)
        self.assertIn("not deployed", declined.stderr)
        self.run_deploy(*up, "--no-check", "--", "--no-confirm-changeset")
        configuration = lambdas.get_function_configuration(FunctionName="crm-test-heffl")
        self.assertEqual(configuration["Environment"]["Variables"]["LOG_LEVEL"], "WARN")
        self.assertEqual(configuration["LoggingConfig"]["ApplicationLogLevel"], "INFO")
        alarms = self.client("cloudwatch").describe_alarms()["MetricAlarms"]
        self.assertIn("crm-test-quiet-heffl", {alarm["AlarmName"] for alarm in alarms})
        self.assertIn("/webhooks/agilecrm\n", self.run_deploy("outputs").stdout)

        # The file for --stack of crm-events.
        known = json.loads(deploy.stack_file(self.deployed, "crm-test").read_text())
        self.assertEqual(known["quarantine_queue_url"], self.outputs()["QuarantineQueueUrl"])
        self.assertEqual(known["overflow_bucket"], self.outputs()["OverflowBucketName"])
        self.assertEqual(set(known["urls"]), {"agilecrm", "heffl"})

        # The tables outlive their parameters, and the deployment reports it. (The emulator does not count a resource whose
        # condition is off now as a change, so there is another one.)
        tables = [self.outputs()[name] for name in ("ViewTableName", "IdempotencyTableName")]
        less = {"SampleConsumer": "false", "IdempotencyRecords": "false", "LogLevel": "ERROR"}
        self.write(**settings.read(self.file) | less)
        shown = self.run_deploy(*up, "--no-check", "--", "--no-confirm-changeset").stdout
        self.assertFalse({"ViewTableName", "IdempotencyTableName"} & set(self.outputs()))
        for table in tables:
            self.assertIn(table, shown)
            self.assertTrue(self.client("dynamodb").describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"])

        # The data that would be lost is counted, and deleted only after the stack's name is typed.
        bucket = self.outputs()["OverflowBucketName"]
        self.client("s3").put_object(Bucket=bucket, Key="pending/1", Body=b"{}")
        self.client("sqs").send_message(QueueUrl=self.outputs()["QuarantineQueueUrl"], MessageBody="{}")
        left = self.run_deploy("remove", answers="yes\n", code=1)
        self.assertRegex(left.stdout, r"1 messages +\S+quarantine")
        self.assertRegex(left.stdout, rf"1 objects +{bucket}")
        for vendor in ("heffl", "capsule"):
            self.assertRegex(left.stdout, rf"1 secret +SSM parameter /crm-test/{vendor}")
        self.assertTrue(self.outputs())
        secrets = [proof.split(":")[1] for vendor in ("agilecrm", "heffl") for proof in self.secret_of(vendor)["default"]]

        # A removal that was interrupted after the stack goes on with the rest.
        self.interrupted_removal()
        self.assertIn("there is no stack crm-test", self.run_deploy("outputs", code=1).stderr)
        rest = self.run_deploy("remove", answers="crm-test\n").stdout
        self.assertIn("The stack crm-test in us-east-1 is gone", rest)
        self.assertRegex(rest, rf"1 objects +{bucket}")
        self.assertRegex(rest, r"1 secret +SSM parameter /crm-test/capsule")
        self.assertIn("there is no stack crm-test", self.run_deploy("remove", code=1).stderr)
        self.assertEqual(list(self.deployed.iterdir()), [])
        self.assertNotIn(bucket, [each["Name"] for each in self.client("s3").list_buckets()["Buckets"]])
        self.assertEqual(self.client("ssm").describe_parameters()["Parameters"], [])
        for secret in secrets:
            self.assertNotIn(secret, self.printed)

    def interrupted_removal(self) -> None:
        args = deploy.parser().parse_args(["--parameters", str(self.file), "--deployed", str(self.deployed), "remove"])
        with (
            mock.patch.dict(os.environ, self.env, clear=True),
            mock.patch.object(deploy, "ask", return_value="crm-test"),
            mock.patch.object(deploy.stacks, "DELAY", 1),
            mock.patch.object(deploy.stacks, "delete_kept", side_effect=KeyboardInterrupt),
            redirect_stdout(io.StringIO()),
            self.assertRaises(KeyboardInterrupt),
        ):
            args.run(args)

    def test_a_table_stays_in_the_stack_unless_its_setting_is_off(self) -> None:
        """The deployed template may have made it for another setting."""
        tables = [{"LogicalResourceId": name, "PhysicalResourceId": f"crm-test-{name}"} for name in deploy.TABLES]
        tables.append({"LogicalResourceId": "OfYourOwn", "PhysicalResourceId": "crm-test-OfYourOwn"})
        with (
            mock.patch.object(deploy.stacks, "find") as find,
            mock.patch.object(deploy.stacks, "resources", return_value=tables),
            mock.patch.object(deploy.boto3, "client") as client,
            redirect_stdout(io.StringIO()) as printed,
        ):
            client().describe_table.return_value = {"Table": {"DeletionProtectionEnabled": True}}
            for table, setting in deploy.TABLES.items():
                for given, kept, warns in (({}, "true", 0), ({setting: "true"}, "true", 0), ({setting: "false"}, "false", 1)):
                    printed.truncate(0)
                    parameters = dict(given)
                    deploy.keep_tables(parameters, "crm-test", REGION)
                    self.assertEqual(parameters[setting], kept, given)
                    self.assertEqual(printed.getvalue().count("off now. Table"), warns, given)
                    self.assertEqual(f"{setting} is off now. Table crm-test-{table} stays" in printed.getvalue(), warns == 1)
            find.return_value = None
            parameters = {}
            deploy.keep_tables(parameters, "crm-test", REGION)
            self.assertEqual(parameters, {})

    def test_a_removal_goes_on_only_in_the_account_in_which_it_was_interrupted(self) -> None:
        table = (deploy.stacks.TABLE, "crm-test-ViewTable")
        with (
            mock.patch.object(deploy.boto3, "client") as client,
            mock.patch.object(deploy.stacks, "size_of_kept", return_value=1),
        ):
            for account, found in (("111111111111", {table: 1}), ("222222222222", {})):
                client().get_caller_identity.return_value = {"Account": account}
                file = deploy.kept_file(self.deployed, "crm-test", REGION)
                if found:
                    self.deployed.mkdir()
                    file.write_text(json.dumps([table]))
                self.assertEqual(deploy.kept_of(file, "crm-test", REGION, exists=False), found)

    def test_secrets_without_a_stack_can_be_removed(self) -> None:
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl", SecretStore="secretsmanager")
        self.run_deploy("settings", answers="token\n")
        removed = self.run_deploy("remove", answers="crm-test\n").stdout
        self.assertRegex(removed, r"1 secret +Secrets Manager secret crm-test/heffl")
        self.assertIn("there is no stack crm-test", self.run_deploy("remove", code=1).stderr)

        # Secrets Manager keeps a removed secret for 30 days. A new one of its name can be written nevertheless.
        self.run_deploy("settings", answers="token\n")
        self.assertRegex(self.run_deploy("secret", "heffl").stdout, '"token:')
        self.run_deploy("remove", answers="crm-test\n")

    def test_a_removal_that_failed_is_not_called_a_failed_creation(self) -> None:
        stack = {"StackName": "crm-test", "StackStatus": "DELETE_FAILED"}
        stacks = deploy.stacks
        with (
            mock.patch.object(stacks, "find", return_value=stack),
            mock.patch.object(stacks, "reason_of_failure", return_value=" Queue: in use"),
        ):
            for fails in (stacks.of, stacks.prepare):
                with self.assertRaisesRegex(workspace.Failure, "removal of stack crm-test failed. Queue: in use\nRun `make remove`"):
                    fails("crm-test", REGION)

    def test_a_creation_that_failed_is_explained_removed_and_made_again(self) -> None:
        """A resource that cannot be made (here a second version of the same code) leaves the stack in ROLLBACK_COMPLETE, which takes no update.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
        """
        template = self.template("heffl")
        up = ["up", "--template", template, "--no-check"]
        self.write(StackName="crm-test", Region=REGION, Vendors="heffl", SampleConsumer="true")
        self.run_deploy("settings", answers="token\n")
        whole = template.read_text()
        broken = (
            "Resources:\n\n  Broken:\n    Type: AWS::Lambda::Version\n    DependsOn: [hefflFunctionAliaslive, ViewTable]\n"
            "    Properties: { FunctionName: !Ref hefflFunction }\n"
        )
        template.write_text(whole.replace("Resources:\n", broken, 1))
        failed = self.run_deploy(*up, "--", "--no-confirm-changeset", code=1)
        self.assertRegex(failed.stderr, r"Broken \(AWS::Lambda::Version\): .+")
        (stack,) = self.client("cloudformation").describe_stacks(StackName="crm-test")["Stacks"]
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        outputs = self.run_deploy("outputs", code=1)
        self.assertRegex(outputs.stderr, r"ROLLBACK_COMPLETE.*Broken")
        left = self.run_deploy("remove", answers="no\n", code=1)
        self.assertIn("left as it is", left.stderr)

        template.write_text(whole)
        again = self.run_deploy(*up, "--", "--no-confirm-changeset")
        self.assertRegex(again.stdout, r"failed\. Broken \(AWS::Lambda::Version\)")
        self.assertIn("/webhooks/heffl\n", again.stdout)
        tables = self.client("dynamodb").list_tables()["TableNames"]
        self.assertEqual(len([name for name in tables if "View" in name]), 1, tables)
        self.run_deploy("remove", answers="crm-test\n")


if __name__ == "__main__":
    unittest.main()
