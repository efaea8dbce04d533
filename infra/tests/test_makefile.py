"""What the targets of the Makefile would run. Run by `make test`."""

import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = "cargo build --workspace --bin crm-events"


def commands(*arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout


class Makefile(unittest.TestCase):
    def test_no_deployment_checks_with_an_old_tool(self) -> None:
        """cargo decides whether crm-events is out of date; make would take any that exists."""
        for arguments, command in (
            (["deploy"], "infra/deploy.py"),
            (["build"], "check-vendor"),
            (["secret", "VENDOR=heffl", "SET=1"], "secret heffl --set"),
            (["secret", "VENDOR=heffl", "ADD=1"], "secret heffl --add"),
        ):
            before, found, _ = commands(*arguments).partition(command)
            self.assertTrue(found, arguments)
            self.assertIn(BUILD, before, arguments)

    def test_on_a_fresh_clone_a_target_installs_the_tools_that_it_needs(self) -> None:
        for target in ("run", "logs", "watch", "build", "deploy", "secret", "outputs", "remove", "scan"):
            before, found, _ = commands(target, "VENDOR=heffl", "TOOLS=target/absent").partition(".venv/bin/python infra/")
            self.assertTrue(found, target)
            self.assertIn("-m venv .venv", before, target)

    def test_a_secret_is_shown_without_a_build(self) -> None:
        self.assertNotIn(BUILD, commands("secret", "VENDOR=heffl"))

    def test_the_settings_of_a_deployment_are_passed_on(self) -> None:
        found = commands("deploy", "NO_CHECK=1", "SAM_FLAGS=--no-confirm-changeset")
        self.assertIn("--no-check -- --no-confirm-changeset", found)
        self.assertNotIn("--no-check ", commands("deploy"))

    def test_the_schema_is_replaced_only_once_the_new_one_is_complete(self) -> None:
        generated, found, _ = commands("schema").partition("rm -rf shared/event/schema")
        self.assertTrue(found)
        self.assertIn("schema target/schema", generated)


if __name__ == "__main__":
    unittest.main()
