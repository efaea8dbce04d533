"""The vendor files that change while a local stack runs. Run by `make test`."""

import argparse
import io
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


class OnTheEmulator(unittest.TestCase):
    endpoint: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = processes.choose_port(0)
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
