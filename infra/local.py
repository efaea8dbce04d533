#!/usr/bin/env python3
"""The local stack: infra/template.yaml on an AWS emulator on this machine.

`up` starts the emulator (ministack: one process, one port, no Docker), deploys the template with
`sam deploy`, as it is deployed to AWS, and serves until it is stopped. `watch` runs the functions
under `cargo lambda watch` against the queues of a stack that is up. Nothing outlives either.

The functions are the binaries that `cargo build` left in --bin-dir. Nothing here knows a CRM by name: the template says
which functions there are.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import emulator
import stacks
from botocore.exceptions import BotoCoreError, ClientError
from emulator import REGION, aws_client, aws_environment
from processes import (
    HOST,
    Stopped,
    answers,
    choose_ports,
    running,
    say,
    stop_on_end_of_stdin,
    stop_on_signals,
    wait_for,
)
from secret_store import secret_name
from workspace import (
    CLI,
    CONSUMER,
    EXIT_USAGE,
    GENERIC,
    ROOT,
    TEMPLATE,
    VENDOR_FILES,
    Failure,
    all_vendors,
    architecture,
    sample_secrets,
    shown,
    tail,
    tool,
    vendor_files,
    write_whole,
    write_zip,
)

STACK_NAME = "crm-events"
# The template's AutoPublishAlias: the version of a function that the API calls.
ALIAS = "live"


@dataclass(frozen=True)
class State:
    """The folder with all files of one stack. Deleting it removes the stack."""

    folder: Path

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def emulator_log(self) -> Path:
        return self.folder / emulator.LOG

    @property
    def console_log(self) -> Path:
        return self.folder / "console.log"

    @property
    def deploy_log(self) -> Path:
        return self.folder / "deploy.log"

    @property
    def template(self) -> Path:
        """A copy of the template. Its CodeUris are relative (../target/lambda/...), so in this folder
        they are its own zip files, never the release ones of `make deploy`."""
        return self.folder / "infra" / "template.yaml"

    def zip_file(self, function: str) -> Path:
        return self.folder / "target" / "lambda" / function / "bootstrap.zip"


@contextlib.contextmanager
def console(state: State, cli: Path, port: int, endpoint: str) -> Iterator[subprocess.Popen[bytes]]:
    """The console, a proxy in front of the API and of the AWS calls of the functions."""
    url = f"http://{HOST}:{port}"
    command = [str(cli), "console", "--port", str(port), "--emulator", endpoint]
    command += ["--stack", str(state.stack_file), "--events", str(ROOT / "events")]
    with running(command, aws_environment(endpoint), state.console_log) as child:
        wait_for("starting the console", child, lambda: answers(url), limit=30)
        if child.poll() is not None:
            raise Failure(f"the console ended right after its start:\n{tail(state.console_log)}")
        say(f"console: {url}")
        yield child


# ---------------------------------------------------------------- deployment


def pack(state: State, bin_dir: Path) -> None:
    """Zips the functions' binaries, except those that were not rebuilt since the last time."""
    files = vendor_files()
    for name in [*all_vendors(TEMPLATE), CONSUMER]:
        file = files.get(name)
        binary, target = bin_dir / (GENERIC if file else name), state.zip_file(name)
        if not binary.is_file():
            raise Failure(f"{shown(binary)} is missing: run `cargo build --workspace` first", EXIT_USAGE)
        sources = [binary, *([file] if file else [])]
        if target.exists() and all(target.stat().st_mtime > source.stat().st_mtime for source in sources):
            continue
        say(f"packing {name}")
        write_zip(target, binary, file)


def store_secrets(endpoint: str, secrets: dict[str, Any]) -> None:
    ssm = aws_client("ssm", endpoint)
    for vendor, proofs in secrets.items():
        name = f"/{secret_name(STACK_NAME, vendor)}"
        ssm.put_parameter(Name=name, Value=json.dumps(proofs), Type="SecureString", Overwrite=True)


def deploy(state: State, endpoint: str, console_url: str, secrets: dict[str, Any], consumer: bool) -> None:
    state.template.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATE, state.template)
    store_secrets(endpoint, secrets)
    parameters = {
        "Vendors": ",".join(secrets),
        "Architecture": architecture(),
        "SampleConsumer": json.dumps(consumer),
        "IdempotencyRecords": json.dumps(consumer),
        # Senders post to the console, and some sign the URL.
        "PublicBaseUrl": console_url,
    }
    parameter_file = state.template.with_name("parameters.yaml")
    parameter_file.write_text(json.dumps(parameters, indent=2))  # JSON is YAML; sam does not take .json
    command = [
        *(tool("sam"), "deploy", "--template-file", str(state.template), "--stack-name", STACK_NAME),
        *("--region", REGION, "--resolve-s3", "--language-extensions"),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
        *("--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", f"file://{parameter_file}"),
    ]
    env = aws_environment(endpoint) | {
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "__SAM_CLI_APP_DIR": str(state.folder / "sam"),
    }
    say(f"deploying {shown(TEMPLATE)} with sam (log: {shown(state.deploy_log)})")
    with running(command, env, state.deploy_log) as child:
        wait_for("deploying", child, lambda: False, limit=300)
        if child.returncode != 0:
            raise Failure(
                f"sam deploy failed:\n{tail(state.deploy_log)}\n"
                f"`make check` lints the template; the emulator's own view is in {shown(state.emulator_log)}"
            )


def describe(endpoint: str, console_url: str) -> dict[str, Any]:
    """The stack file for clients, from the stack's outputs."""
    stack = aws_client("cloudformation", endpoint).describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return stacks.for_clients(STACK_NAME, REGION, stack, endpoint, console_url)


# ---------------------------------------------------------------- up


def up(args: argparse.Namespace) -> None:
    stop_on_signals()
    if args.exit_with_stdin:
        stop_on_end_of_stdin()
    cli = args.cli.resolve()
    if not cli.is_file():
        raise Failure(f"{shown(cli)} is missing: run `cargo build --workspace` first", EXIT_USAGE)
    state = State(args.state.resolve())
    with owned(state):
        pack(state, args.bin_dir.resolve())
        # Only now, so that nobody else takes a port before the emulator and the console do.
        port, console_port = choose_ports(PORT=args.port, CONSOLE_PORT=args.console_port if args.port else 0)
        endpoint = f"http://{HOST}:{port}"
        console_url = f"http://{HOST}:{console_port}"
        with (
            console(state, cli, console_port, endpoint) as console_process,
            emulator.start(state.folder, port, console_url, args.dedup_window) as process,
        ):
            deploy(state, endpoint, console_url, sample_secrets(cli), args.consumer)
            stack = describe(endpoint, console_url)
            write_whole(state.stack_file, json.dumps(stack, indent=2) + "\n")
            if not args.no_send:
                send_all(cli, state)
                print_addresses(cli, state, stack)
            print("ready", flush=True)
            served = fingerprints()
            while process.poll() is None and console_process.poll() is None:
                time.sleep(0.2)
                served = serve_changes(state, args, endpoint, console_url, served)
            name, log = ("console", state.console_log) if process.poll() is None else ("emulator", state.emulator_log)
            raise Failure(f"the {name} ended by itself:\n{tail(log)}")


def fingerprints() -> dict[str, str]:
    """The text of each vendor file, by CRM."""
    found = {}
    for name, path in vendor_files().items():
        with contextlib.suppress(OSError):  # deleted or renamed since
            found[name] = path.read_text(errors="replace")
    return found


def serve_changes(
    state: State,
    args: argparse.Namespace,
    endpoint: str,
    console_url: str,
    served: dict[str, str],
) -> dict[str, str]:
    """Serves the vendor files that differ from `served`, and returns their texts. No save in an editor ends the stack."""
    found = fingerprints()
    for name in sorted(served.keys() - found.keys()):
        say(f"{shown(vendor_file(name))} was deleted: its function stays until the next `make run`")
    changed = [name for name, text in found.items() if served.get(name) != text]
    if changed:
        try:
            serve_changed_files(state, args, endpoint, console_url, changed)
        except (Failure, BotoCoreError, ClientError, OSError) as error:
            say(f"error: {error}\nNot served: {', '.join(changed)}. Save again to retry.")
    return found


def vendor_file(name: str) -> Path:
    return VENDOR_FILES / f"{name}.toml"


def serve_changed_files(
    state: State,
    args: argparse.Namespace,
    endpoint: str,
    console_url: str,
    changed: list[str],
) -> None:
    """Deploys the vendor files that are new or have changed. One with a fault is reported, and the last one stays."""
    cli = args.cli.resolve()
    good = []
    for name in changed:
        result = subprocess.run(
            [cli, "check-vendor", shown(vendor_file(name))],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )
        if result.returncode == 0:
            good.append(name)
        else:
            say(result.stderr.strip())
    if not good:
        return
    pack(state, args.bin_dir.resolve())
    secrets = sample_secrets(cli)
    good = [name for name in good if name in secrets]  # its file may have been deleted since
    urls = read_stack(state)["urls"]
    new = [name for name in good if name not in urls]
    if new:
        deploy(state, endpoint, console_url, secrets, args.consumer)
        stack = describe(endpoint, console_url)
        write_whole(state.stack_file, json.dumps(stack, indent=2) + "\n")
        for name in new:
            say(f"serving the new {shown(vendor_file(name))} at {stack['urls'][name]}")
    for name in good:
        if name not in new:
            store_secrets(endpoint, {name: secrets[name]})  # its proof of origin may have changed
            replace_code(endpoint, name, state.zip_file(name))
            say(f"serving the changed {shown(vendor_file(name))}: send again")


def replace_code(endpoint: str, name: str, zip_file: Path) -> None:
    """Lets the API call a new version of the function, as a deployment does, but in less than a second."""
    client = aws_client("lambda", endpoint)
    function = f"{STACK_NAME}-{name}"
    version = client.update_function_code(FunctionName=function, ZipFile=zip_file.read_bytes(), Publish=True)["Version"]
    client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=version)


@contextlib.contextmanager
def owned(state: State) -> Iterator[None]:
    """Locks the folder, so that it has one stack. stack.json exists only while the stack can be used."""
    state.folder.mkdir(parents=True, exist_ok=True)
    with (state.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"a stack is already up in {shown(state.folder)}: stop it first", EXIT_USAGE) from None
        state.stack_file.unlink(missing_ok=True)
        try:
            yield
        finally:
            state.stack_file.unlink(missing_ok=True)


def send_all(cli: Path, state: State) -> None:
    say("posting every sample through the HTTP API")
    result = subprocess.run([cli, "send", "--stack", state.stack_file], check=False)
    if result.returncode != 0:
        say(f"some samples were not answered as expected; see above and {shown(state.emulator_log)}")


def print_addresses(cli: Path, state: State, stack: dict[str, Any]) -> None:
    print(f"\nConsole, with every webhook as it arrives: {stack['console_url']}\n\nAddresses, each with a request to try:\n")
    for vendor, url in stack["urls"].items():
        print(f"{vendor}  {url}", flush=True)
        if (ROOT / "events" / vendor).is_dir():  # a vendor file may have no case yet
            subprocess.run([cli, "curl", "--stack", state.stack_file, vendor], check=False)
        print()
    print(f"Stack: {shown(state.stack_file)}. In another terminal: make send, make tail. Ctrl-C stops it.")


# ---------------------------------------------------------------- watch


def watch(args: argparse.Namespace) -> None:
    state = State(args.state.resolve())
    stack = read_stack(state)
    # The template's routes, in the words of cargo lambda's router: {account+} is {*account}.
    routes = "".join(
        f'"/webhooks/{name}" = "{name}"\n"/webhooks/{name}/{{*account}}" = "{name}"\n' for name in stack["urls"]
        if name not in vendor_files()
    )
    config = state.folder / "cargo-lambda.toml"
    config.write_text(f"[watch.router]\n{routes}")
    runner = [sys.executable, str(Path(__file__).resolve()), "exec", "--state", str(state.folder)]
    command = [
        *(tool("cargo-lambda"), "lambda", "watch", "--global", str(config)),
        *("--invoke-address", HOST, "--invoke-port", str(args.port)),
        # cargo starts each function through `exec` below, which sets its deployed environment.
        *("--config", f"target.'cfg(all())'.runner={json.dumps(runner)}"),
    ]
    print(f"Functions at http://{HOST}:{args.port}/webhooks/<name>, rebuilt as the code changes.", flush=True)
    os.execv(command[0], command)


def read_stack(state: State) -> dict[str, Any]:
    try:
        stack: dict[str, Any] = json.loads(state.stack_file.read_text())
    except OSError:
        raise Failure("no local stack is up: start one with `make run` in another terminal", EXIT_USAGE) from None
    if not answers(f"{stack['endpoint_url']}/_ministack/health"):
        raise Failure(f"the local stack at {stack['endpoint_url']} does not answer: `make run` again", EXIT_USAGE)
    return stack


def exec_function(args: argparse.Namespace) -> None:
    """Replaces this process with a function's binary, in the environment of the deployed function."""
    stack = read_stack(State(args.state.resolve()))
    name = Path(args.command[0]).name
    deployed = aws_client("lambda", stack["endpoint_url"]).get_function_configuration(
        FunctionName=f"{stack['stack_name']}-{name}"
    )
    # cargo-lambda sets the address of the Runtime API and the function's name.
    own = {key: value for key, value in os.environ.items() if key.startswith("AWS_LAMBDA_") or key == "_HANDLER"}
    env = aws_environment(stack["console_url"]) | deployed["Environment"]["Variables"] | own
    os.execve(args.command[0], args.command, env)


# ---------------------------------------------------------------- logs


def logs(args: argparse.Namespace) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `logs | head` ends quietly
    stack = read_stack(State(args.state.resolve()))
    client = aws_client("logs", stack["endpoint_url"])
    for group in client.describe_log_groups(logGroupNamePrefix="/aws/")["logGroups"]:
        name = group["logGroupName"]
        for event in client.filter_log_events(logGroupName=name)["events"]:
            print(f"{name.rsplit('/', 1)[1]}  {event['message'].rstrip()}")


# ---------------------------------------------------------------- command line


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--state", type=Path, default=ROOT / "target" / "stack", metavar="DIR",
        help="folder for stack.json, logs and zip files, one per stack (default: target/stack)",
    )  # fmt: skip

    command = commands.add_parser("up", parents=[common], help="start a stack, deploy, serve until stopped")
    command.add_argument("--port", type=int, default=4566, help="port on loopback; 0: any free one (default: 4566)")
    command.add_argument(
        "--console-port", type=int, default=4580, metavar="PORT",
        help="port of the console on loopback; any free one if --port is 0 (default: 4580)",
    )  # fmt: skip
    command.add_argument(
        "--bin-dir", type=Path, default=CLI.parent, metavar="DIR",
        help="where cargo built the functions (default: target/debug)",
    )  # fmt: skip
    command.add_argument(
        "--cli", type=Path, default=CLI, metavar="FILE",
        help="the crm-events program (default: target/debug/crm-events)",
    )  # fmt: skip
    command.add_argument(
        "--no-consumer", dest="consumer", action="store_false",
        help="leave the events on the queue: do not deploy the sample consumer",
    )  # fmt: skip
    command.add_argument(
        "--dedup-window", type=int, metavar="SECONDS",
        help="deduplication interval of SQS in seconds, for tests (default: 300, as at AWS)",
    )  # fmt: skip
    command.add_argument("--no-send", action="store_true", help="do not post the samples; print only `ready`")
    command.add_argument("--exit-with-stdin", action="store_true", help="stop at the end of stdin, for tests")
    command.set_defaults(run=up)

    command = commands.add_parser("logs", parents=[common], help="print what the functions logged")
    command.set_defaults(run=logs)

    command = commands.add_parser("watch", parents=[common], help="run the functions with cargo lambda watch")
    command.add_argument("--port", type=int, default=9000, help="port on loopback (default: 9000)")
    command.set_defaults(run=watch)

    command = commands.add_parser("exec", parents=[common], help="used by watch: start one function")
    command.add_argument("command", nargs=argparse.REMAINDER)
    command.set_defaults(run=exec_function)
    return top


def main() -> int:
    args = parser().parse_args()
    try:
        args.run(args)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.code
    except Stopped:
        say("stopped")
    except BrokenPipeError:  # whoever read the output has gone
        os._exit(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
