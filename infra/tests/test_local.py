"""The vendor files that change while a local stack runs. Run by `make test`."""

import argparse
import io
import socket
import subprocess
import sys
import tempfile
import unittest
import zipfile
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

INFRA = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(INFRA))

from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402

import emulator  # noqa: E402
import local  # noqa: E402
import processes  # noqa: E402
import workspace  # noqa: E402
from secret_store import secret_name  # noqa: E402


class ChangedFiles(unittest.TestCase):
    """Which files are deployed, and how. The check, the deployment and the stack file are stand-ins."""

    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.state = local.State(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        self.faults: set[str] = set()
        self.urls = {"acme": "http://localhost/webhooks/acme"}

        def check(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
            name = Path(command[-1]).stem
            return subprocess.CompletedProcess(command, int(name in self.faults), "", f"{name} has a fault\n")

        def deploy(*_: Any) -> None:
            self.urls["other"] = "http://localhost/webhooks/other"

        def stand_in(name: str, does: Any) -> mock.Mock:
            return stack.enter_context(mock.patch.object(local, name, side_effect=does))

        stack.enter_context(mock.patch.object(local.subprocess, "run", check))
        stand_in("pack", lambda *_: None)
        stand_in("sample_secrets", lambda _: {"acme": {"default": ["token:a"]}, "other": {"default": ["token:b"]}})
        stand_in("read_stack", lambda _: {"urls": self.urls})
        stand_in("describe", lambda *_: {"urls": self.urls})
        stand_in("vendor_files", lambda: {name: workspace.VENDOR_FILES / f"{name}.toml" for name in ("acme", "other")})
        self.deploy = stand_in("deploy", deploy)
        self.store_secrets = stand_in("store_secrets", lambda *_: None)
        self.replace_code = stand_in("replace_code", lambda *_: None)

    def change(self, *names: str) -> str:
        args = argparse.Namespace(cli=workspace.CLI, bin_dir=workspace.CLI.parent, consumer=True)
        with redirect_stdout(io.StringIO()) as printed:
            local.serve_changed_files(self.state, args, "http://localhost", "http://localhost", list(names))
        return printed.getvalue()

    def test_a_file_that_is_served_gets_new_code_and_its_secrets_because_its_proof_may_have_changed(self) -> None:
        self.assertIn("serving the changed vendors/acme.toml", self.change("acme"))
        self.replace_code.assert_called_once_with("http://localhost", "acme", self.state.zip_file("acme"))
        self.store_secrets.assert_called_once_with("http://localhost", {"acme": {"default": ["token:a"]}})
        self.deploy.assert_not_called()

    def test_a_new_file_gets_a_function_and_its_url_is_printed_even_if_it_had_a_fault_before(self) -> None:
        self.faults.add("other")
        self.assertIn("other has a fault", self.change("other"))
        self.deploy.assert_not_called()
        self.faults.clear()
        self.assertIn("serving the new vendors/other.toml at http://localhost/webhooks/other", self.change("other"))
        self.deploy.assert_called_once()
        self.replace_code.assert_not_called()

    def test_a_fault_in_one_file_does_not_keep_another_from_being_served(self) -> None:
        self.faults.add("other")
        printed = self.change("other", "acme")
        self.assertIn("other has a fault", printed)
        self.assertIn("serving the changed vendors/acme.toml", printed)


    def serve(self, fails: Exception | None, served: dict[str, str], found: dict[str, str]) -> tuple[str, dict[str, str]]:
        args = argparse.Namespace(cli=workspace.CLI, bin_dir=workspace.CLI.parent, consumer=True)
        with (
            mock.patch.object(local, "fingerprints", return_value=found),
            mock.patch.object(local, "replace_code", side_effect=fails),
            redirect_stdout(io.StringIO()) as printed,
        ):
            now = local.serve_changes(self.state, args, "http://localhost", "http://localhost", served)
        return printed.getvalue(), now

    def test_no_save_in_an_editor_ends_the_stack(self) -> None:
        for fails in (
            workspace.Failure("the check failed"),
            BotoCoreError(),
            ClientError({"Error": {"Code": "Throttling"}}, "UpdateFunctionCode"),
            FileNotFoundError("acme.toml"),
        ):
            printed, now = self.serve(fails, {"acme": "old"}, {"acme": "new"})
            self.assertIn(f"error: {fails}\nNot served: acme. Save again to retry.", printed)
            self.assertEqual(now, {"acme": "new"})

    def test_a_deleted_file_is_reported_and_its_function_stays(self) -> None:
        printed, now = self.serve(None, {"acme": "one", "other": "two"}, {"acme": "one"})
        self.assertIn("vendors/other.toml was deleted: its function stays until the next `make run`", printed)
        self.assertEqual(now, {"acme": "one"})
        # Deleted after the check, when its secret is no longer known.
        self.assertNotIn("serving", self.change("third"))
        self.replace_code.assert_not_called()


class Ports(unittest.TestCase):
    def test_any_free_ports_differ(self) -> None:
        one, other = processes.choose_ports(PORT=0, CONSOLE_PORT=0)
        self.assertNotEqual(one, other)

    def test_a_port_that_cannot_be_used_is_refused_with_the_systems_reason(self) -> None:
        with socket.socket() as taken:
            taken.bind((processes.HOST, 0))
            taken.listen()
            port = taken.getsockname()[1]
            free = processes.choose_port()
            for wanted, expected in (
                ({"PORT": port, "CONSOLE_PORT": 0}, f"port {port}: Address already in use.*`make run PORT="),
                ({"PORT": free, "CONSOLE_PORT": free}, f"port {free}: Address already in use.*`make run CONSOLE_PORT="),
                ({"PORT": 70000, "CONSOLE_PORT": 0}, "port 70000: .*0-65535.*`make run PORT="),
            ):
                with self.assertRaisesRegex(workspace.Failure, expected):
                    processes.choose_ports(**wanted)


class OnTheEmulator(unittest.TestCase):
    endpoint: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = processes.choose_port()
        cls.endpoint = f"http://{processes.HOST}:{port}"
        stack.enter_context(emulator.start(folder, port))

    def test_the_api_calls_the_new_code(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            zips = [Path(folder) / f"{version}.zip" for version in ("old", "new")]
            for path in zips:
                with zipfile.ZipFile(path, "w") as archive:
                    archive.writestr("bootstrap", path.stem)
            function = f"{local.STACK_NAME}-acme"
            client = emulator.aws_client("lambda", self.endpoint)
            old = client.create_function(
                FunctionName=function, Runtime="provided.al2023", Handler="bootstrap", Publish=True,
                Role="arn:aws:iam::000000000000:role/acme", Code={"ZipFile": zips[0].read_bytes()},
            )  # fmt: skip
            client.create_alias(FunctionName=function, Name=local.ALIAS, FunctionVersion=old["Version"])
            local.replace_code(self.endpoint, "acme", zips[1])
            called = client.get_function_configuration(FunctionName=function, Qualifier=local.ALIAS)
            latest = client.get_function_configuration(FunctionName=function)
        self.assertEqual(called["CodeSha256"], latest["CodeSha256"])
        self.assertNotEqual(called["CodeSha256"], old["CodeSha256"])

    def test_it_is_the_templates_alias(self) -> None:
        self.assertIn(f"AutoPublishAlias: {local.ALIAS}\n", workspace.TEMPLATE.read_text())

    def test_secrets_can_be_stored_again(self) -> None:
        for token in ("token:a", "token:b"):
            local.store_secrets(self.endpoint, {"acme": {"default": [token]}})
        name = f"/{secret_name(local.STACK_NAME, 'acme')}"
        found = emulator.aws_client("ssm", self.endpoint).get_parameter(Name=name, WithDecryption=True)
        self.assertEqual(found["Parameter"]["Value"], '{"default": ["token:b"]}')


if __name__ == "__main__":
    unittest.main()
