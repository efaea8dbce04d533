#!/usr/bin/env python3
"""A deployment to AWS: asks for what it needs, deploys with sam, says what to do next, takes it down.

`settings` asks for what the parameters file lacks and writes it there. `up` deploys, after showing what would change.
`outputs` prints the addresses to register and the rest of the stack. `remove` takes a stack down, after showing what
would be lost with it. All of them go to whichever AWS your environment means: AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL.

One parameters file is one deployment: its stack's name, its region and its template parameters, secrets among them. Git
ignores it, only you may read it, and nothing here prints a secret.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError
from local import (
    EXIT_USAGE,
    ROOT,
    TEMPLATE,
    Failure,
    for_clients,
    functions,
    parameter_text,
    sample_secrets,
    shown,
    tool,
    write_whole,
)

STACK = "StackName"
REGION = "Region"
DEFAULT_STACK = "crm-events"

HEADER = f"""\
# A deployment of crm-events: `make deploy PARAMETERS=<this file>`. Keep it to yourself: it holds secrets.
# {STACK} and {REGION} say where; the rest are parameters of infra/template.yaml.
"""


# ---------------------------------------------------------------- settings


def read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text()
    except FileNotFoundError:
        return {}
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        at = f", line {place.line + 1}" if place else ""
        # Not the error itself, which quotes the line.
        raise Failure(f"{shown(path)}{at}: this is not YAML", EXIT_USAGE) from None
    if not isinstance(found, dict):
        raise Failure(f"{shown(path)}: expected lines of `name: value`", EXIT_USAGE)
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}


def write(path: Path, settings: dict[str, str]) -> None:
    """Adds to the file, or makes it; what a person wrote there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{name}: {yaml_text(value)}\n" for name, value in settings.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(lines if file.tell() else HEADER + lines)


def yaml_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def settings(args: argparse.Namespace) -> dict[str, str]:
    """The file's settings, and those of the command line before them; asked for where there are none."""
    known = read(args.parameters)
    given = {STACK: args.stack, REGION: args.region}
    for name, value in given.items():
        if value and known.get(name, value) != value:
            raise Failure(
                f"{shown(args.parameters)} is of {name} {known[name]}: {value} needs its own file (PARAMETERS=...)",
                EXIT_USAGE,
            )
    added: dict[str, str] = {}
    if STACK not in known:
        added[STACK] = args.stack or ask("Name of the stack", DEFAULT_STACK)
    if REGION not in known:
        added[REGION] = args.region or ask("AWS region", boto3.Session().region_name)
    if not any(name.endswith("Secrets") for name in known):
        added |= ask_for_secrets(args.cli)
    for name, value in (known | added).items():
        check(name, value)
    if added:
        write(args.parameters, added)
        print(f"Written to {shown(args.parameters)}, which git ignores. Generated texts are in there, not here.\n")
    return known | added


def ask(what: str, default: str | None = None) -> str:
    while True:
        try:
            answer = input(f"{what}{f' [{default}]' if default else ''}: ").strip() or default
        except EOFError:
            raise Failure(f"{what}: not given, and nobody here to ask", EXIT_USAGE) from None
        if answer:
            return answer


def ask_for_secrets(cli: Path) -> dict[str, str]:
    print(
        "\nWhich CRMs send to you, and how do they prove it? Enter alone: this one does not. Where the CRM itself\n"
        "makes the secret (hmac), it does so once it has the URL: if it also takes a token, start with that, and add\n"
        "the secret later.\n"
    )
    known = sample_secrets(cli)
    added = {}
    for function in functions(TEMPLATE):
        if function not in known:
            continue
        schemes = [proof.split(":")[0] for proof in known[function]["default"]]
        while (choice := input(f"{function} ({', '.join(schemes)}): ").strip()) not in ["", *schemes]:
            print(f"  one of {', '.join(schemes)}, or Enter alone")
        if choice:
            added[parameter(function)] = json.dumps({"default": [proof(choice)]})
    if not added:
        raise Failure("no CRM, nothing to deploy", EXIT_USAGE)
    return added


def parameter(function: str) -> str:
    return f"{function.capitalize()}Secrets"


def proof(scheme: str) -> str:
    """Generated where the choice is ours, asked for where it is the CRM's."""
    if scheme == "hmac":
        prompt = "  the secret that the CRM shows: "
        return f"hmac:{(getpass.getpass(prompt) if sys.stdin.isatty() else input(prompt)).strip()}"
    user = "crm-events:" if scheme == "basic" else ""
    return f"{scheme}:{user}{secrets.token_urlsafe(32)}"


def check(name: str, value: str) -> None:
    """A malformed secret would stop the function at its start; this says so before anything is built."""
    if name == STACK and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,99}", value):
        raise Failure(f"{STACK}: letters, digits and hyphens, a letter first", EXIT_USAGE)
    if not name.endswith("Secrets") or value == "" or value.startswith("{{resolve:"):
        return
    expected = f'{name}: expected JSON of account to list of proofs, such as {{"default": ["token:..."]}}'
    try:
        accounts = json.loads(value)
    except json.JSONDecodeError:
        raise Failure(expected, EXIT_USAGE) from None
    if not isinstance(accounts, dict) or not accounts:
        raise Failure(expected, EXIT_USAGE)
    for account, proofs in accounts.items():
        well_formed = isinstance(proofs, list) and proofs and all(isinstance(each, str) for each in proofs)
        if not well_formed or not all(re.match(r"(hmac|basic|token):.", each) for each in proofs):
            raise Failure(f"{expected}; that of account {json.dumps(account)} is not", EXIT_USAGE)


# ---------------------------------------------------------------- deploying


def up(args: argparse.Namespace) -> None:
    deployed = settings(args)
    stack, region = deployed.pop(STACK), deployed.pop(REGION)
    with parameters_for_sam(deployed) as file:
        command = [
            *(tool("sam"), "deploy", "--template-file", str(args.template), "--stack-name", stack, "--region", region),
            *("--config-file", str(ROOT / "infra" / "samconfig.toml"), "--s3-prefix", stack),
            *("--parameter-overrides", f"file://{file}", f"Architecture={args.architecture}", *args.sam_flags),
        ]
        if subprocess.run(command, check=False).returncode != 0:
            raise Failure("sam deploy did not finish: see above")
    print_outputs(stack, region, args.parameters)


@contextmanager
def parameters_for_sam(values: dict[str, str]) -> Iterator[Path]:
    """A file for sam that only we can read, for as long as it runs. sam takes backslashes out of values."""
    with tempfile.TemporaryDirectory(prefix="crm-events-") as folder:
        file = Path(folder) / "parameters.yaml"
        plain = {
            name: parameter_text(json.loads(value)) if value.startswith("{") and not value.startswith("{{") else value
            for name, value in values.items()
        }
        file.write_text(json.dumps(plain))  # JSON is YAML; sam does not take .json
        yield file


def stack_of(name: str, region: str) -> dict[str, Any]:
    cloudformation = boto3.client("cloudformation", region_name=region)
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        raise Failure(f"no stack {name} in {region}: {error.response['Error']['Message']}") from None
    return stack


def stack_file(name: str) -> Path:
    """What `crm-events` needs to know of the stack; nothing in it is secret."""
    return ROOT / "target" / "deployed" / f"{name}.json"


def print_outputs(name: str, region: str, parameters: Path) -> None:
    stack = stack_of(name, region)
    known = for_clients(name, region, stack, os.environ.get("AWS_ENDPOINT_URL"))
    file = stack_file(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(known, indent=2) + "\n")
    print(f"\nStack {name} in {region}. To paste into each CRM, with the text from {shown(parameters)}:\n")
    for function, url in known["urls"].items():
        print(f"  {url}\n    how: functions/{function}/README.md, Register the URL")
    print("\nFor consumers and for you:\n")
    rest = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    for key, value in sorted(rest.items()):
        if not value.startswith(f"{rest['BaseUrl']}/"):
            print(f"  {key:20} {value}")
    print(f"\nFor crm-events: --stack {shown(file)}\n")


def outputs(args: argparse.Namespace) -> None:
    stack, region = place(args)
    print_outputs(stack, region, args.parameters)


def place(args: argparse.Namespace) -> tuple[str, str]:
    """Where the deployment is. Never asks: it is there, or it is not."""
    known = read(args.parameters)
    region = args.region or known.get(REGION) or boto3.Session().region_name
    if not region:
        raise Failure("which region? REGION=..., or the region of your AWS profile", EXIT_USAGE)
    return args.stack or known.get(STACK, DEFAULT_STACK), region


# ---------------------------------------------------------------- removing


def remove(args: argparse.Namespace) -> None:
    stack, region = place(args)
    known = for_clients(stack, region, stack_of(stack, region), None)
    print(f"Removing the stack {stack} in {region} loses, for good:\n")
    sqs = boto3.client("sqs", region_name=region)
    for name in ("queue_url", "dead_letter_queue_url", "quarantine_queue_url"):
        counts = sqs.get_queue_attributes(QueueUrl=known[name], AttributeNames=["All"])["Attributes"]
        waiting = sum(int(count) for key, count in counts.items() if key.startswith("ApproximateNumberOfMessages"))
        print(f"  {waiting:6} messages   {known[name]}")
    bucket = None
    if name := known["overflow_bucket"]:
        bucket = boto3.resource("s3", region_name=region).Bucket(name)
        print(f"  {sum(1 for _ in bucket.objects.all()):6} objects    {name}")
    dynamodb = boto3.client("dynamodb", region_name=region)
    for table in tables_of(stack, region):
        items = dynamodb.describe_table(TableName=table)["Table"]["ItemCount"]
        print(f"  {items:6} items      {table} (counted some hours ago)")
    print("\nThe CRMs get 404 or no answer from then on: take the URL out there first.")
    if ask("Type the name of the stack to go on, anything else to leave it") != stack:
        raise Failure("left as it is")
    if bucket:
        bucket.objects.all().delete()  # a bucket that holds anything cannot be deleted
    command = [tool("sam"), "delete", "--stack-name", stack, "--region", region, "--no-prompts"]
    if subprocess.run(command, check=False).returncode != 0:
        raise Failure("sam delete did not finish: see above")
    stack_file(stack).unlink(missing_ok=True)


def tables_of(stack: str, region: str) -> list[str]:
    resources = boto3.client("cloudformation", region_name=region).describe_stack_resources(StackName=stack)
    return [
        resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::DynamoDB::Table"
    ]


# ---------------------------------------------------------------- command line


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--parameters", type=Path, default=ROOT / "infra" / "parameters.yaml", metavar="FILE")
    top.add_argument("--stack", default="", help=f"its name (default: of the file, else {DEFAULT_STACK})")
    top.add_argument("--region", default="", help="its region (default: of the file, else of your AWS profile)")
    top.add_argument(
        "--cli", type=Path, default=ROOT / "target" / "debug" / "crm-events", metavar="FILE",
        help="the crm-events program (default: target/debug/crm-events)",
    )  # fmt: skip
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("settings", help="ask for what is missing").set_defaults(run=settings)
    command = commands.add_parser("up", help="deploy")
    command.add_argument("--template", type=Path, default=TEMPLATE, metavar="FILE")
    command.add_argument("--architecture", default="arm64", choices=["arm64", "x86_64"])
    command.add_argument("sam_flags", nargs="*", metavar="SAM_FLAG", help="further flags of sam deploy, after --")
    command.set_defaults(run=up)
    commands.add_parser("outputs", help="print the addresses").set_defaults(run=outputs)
    commands.add_parser("remove", help="take the stack down").set_defaults(run=remove)
    return top


def main() -> int:
    args = parser().parse_args()
    args.parameters = args.parameters.resolve()
    try:
        args.run(args)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.code
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
