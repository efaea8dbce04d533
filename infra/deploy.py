#!/usr/bin/env python3
"""A deployment to AWS: asks for what it needs, deploys with sam, tries each route, takes it down.

`settings` asks for what the parameters file lacks, and puts the webhook credentials that it lacks into the secret store.
`up` deploys, after showing what would change, and sends a signed test webhook to each route. `secret` shows or sets the
credentials of a CRM. `outputs` prints the addresses to register and the rest of the stack. `remove` takes a stack down,
after showing what would be lost with it. All of them go to whichever AWS your environment means: AWS_PROFILE,
AWS_REGION, AWS_ENDPOINT_URL.

One parameters file is one deployment: its stack's name, its region and its template parameters. No secret is in it.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
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
from urllib.parse import quote

import boto3
import stacks
import yaml
from botocore.exceptions import BotoCoreError, ClientError
from local import (
    EXIT_USAGE,
    ROOT,
    TEMPLATE,
    Failure,
    for_clients,
    functions,
    sample_secrets,
    shown,
    tool,
    vendors,
    write_whole,
)
from secret_store import STORE, Store

STACK = "StackName"
REGION = "Region"
TAGS = "Tags"
VENDORS = "Vendors"
DEFAULT_STACK = "crm-events"

# A function's name is the stack's, a hyphen and the CRM's.
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html#lambda-CreateFunction-request-FunctionName
MAX_FUNCTION_NAME = 64

HEADER = f"""\
# A deployment of crm-events: `make deploy PARAMETERS=<this file>`.
# {STACK} and {REGION} say where, {TAGS} are put on every resource; the rest are parameters of infra/template.yaml.
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
    for name, value in (known | added).items():
        check(name, value)
    added |= ask_for_secrets(args.cli, known | added)
    if added:
        write(args.parameters, added)
        print(f"Written to {shown(args.parameters)}, which git ignores.\n")
    return known | added


def ask(what: str, default: str | None = None) -> str:
    while True:
        try:
            answer = input(f"{what}{f' [{default}]' if default else ''}: ").strip() or default
        except EOFError:
            raise Failure(f"{what}: not given, and nobody here to ask", EXIT_USAGE) from None
        if answer:
            return answer


def ask_for_secrets(cli: Path, known: dict[str, str]) -> dict[str, str]:
    """Asks for the CRMs if the file has none, and for the credentials of those that have none in the store."""
    store = Store.of(known)
    samples = sample_secrets(cli)
    schemes_of = {vendor: [each.split(":")[0] for each in proofs["default"]] for vendor, proofs in samples.items()}
    asked = VENDORS not in known
    chosen = list(schemes_of) if asked else names(known[VENDORS])
    missing = [vendor for vendor in chosen if asked or store.get(vendor) is None]
    if missing:
        print(
            "\nHow do the CRMs prove that a webhook is theirs?"
            + (" Enter alone: this one does not send to you." if asked else "")
            + "\nWhere the CRM itself makes the secret (hmac), it does so once it has the URL: if it also takes a token,\n"
            "start with that, and add the secret later (make secret).\n"
        )
    new: dict[str, str | None] = {}
    for vendor in missing:
        if asked and store.get(vendor) is not None:
            if ask(f"{vendor}: its secret is in {store.place(vendor)}. Deploy it? yes or no", "yes") == "yes":
                new[vendor] = None
            continue
        schemes = schemes_of[vendor]
        allowed = ["", *schemes] if asked else schemes
        while (choice := line(f"{vendor} ({', '.join(schemes)}): ")) not in allowed:
            print(f"  one of {', '.join(schemes)}" + (", or Enter alone" if asked else ""))
        if choice:
            new[vendor] = json.dumps({"default": [proof(choice)]})
    if asked and not new:
        raise Failure("no CRM, nothing to deploy", EXIT_USAGE)
    for vendor, text in new.items():
        if text:
            store.put(vendor, text)
            print(f"The secret of {vendor} is in {store.place(vendor)}; make secret VENDOR={vendor} shows it.")
    return {VENDORS: ",".join(new)} if asked else {}


def names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        raise Failure(f"{prompt.strip(': ')}: not given, and nobody here to ask", EXIT_USAGE) from None


def proof(scheme: str) -> str:
    """Generated where the choice is ours, asked for where it is the CRM's."""
    if scheme == "hmac":
        prompt = "  the secret that the CRM shows: "
        return f"hmac:{getpass.getpass(prompt).strip() if sys.stdin.isatty() else line(prompt)}"
    user = "crm-events:" if scheme == "basic" else ""
    return f"{scheme}:{user}{secrets.token_urlsafe(32)}"


def check(name: str, value: str) -> None:
    """Refuses what CloudFormation would refuse only after minutes."""
    if name == STACK:
        longest = max(functions(TEMPLATE), key=len)
        most = MAX_FUNCTION_NAME - len(f"-{longest}")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value):
            raise Failure(f"{STACK}: letters, digits and hyphens, a letter first", EXIT_USAGE)
        if len(value) > most:
            raise Failure(
                f"{STACK}: {len(value)} characters; at most {most}, for function {value}-{longest} may have "
                f"{MAX_FUNCTION_NAME}",
                EXIT_USAGE,
            )
    elif name == VENDORS:
        unknown = [each for each in names(value) if each not in vendors(TEMPLATE)]
        if unknown or not names(value):
            raise Failure(f"{VENDORS}: {', '.join(unknown) or 'empty'}; there are {', '.join(vendors(TEMPLATE))}", EXIT_USAGE)
    elif name not in (REGION, TAGS) and name not in template_parameters():
        raise Failure(f"{name} is no setting: infra/template.yaml has no such parameter", EXIT_USAGE)


def template_parameters() -> list[str]:
    section = re.search(r"^Parameters:\n((?:[ #].*\n|\n)+)", TEMPLATE.read_text(), re.M)
    return re.findall(r"^  (\w+):$", section[1], re.M) if section else []


# ---------------------------------------------------------------- secrets


def secret(args: argparse.Namespace) -> None:
    stack, region = place(args)
    store = Store.of(read(args.parameters) | {STACK: stack, REGION: region})
    if args.vendor not in vendors(TEMPLATE):
        raise Failure(f"there is no CRM {args.vendor}; there are {', '.join(vendors(TEMPLATE))}", EXIT_USAGE)
    if args.set:
        store.put(args.vendor, getpass.getpass("JSON: ") if sys.stdin.isatty() else sys.stdin.read().strip())
        print(f"Written to {store.place(args.vendor)}. The functions take it up within a minute; no deployment is needed.")
        return
    text = store.get(args.vendor)
    if text is None:
        raise Failure(f"there is no {store.place(args.vendor)}: make secret VENDOR={args.vendor} SET=1 makes it")
    print(text)


# ---------------------------------------------------------------- deploying


def up(args: argparse.Namespace) -> None:
    deployed = settings(args)
    known = dict(deployed)
    stack, region, tags = deployed.pop(STACK), deployed.pop(REGION), deployed.pop(TAGS, "")
    stacks.prepare(stack, region)
    warn_of_kept_tables(deployed, stack, region)
    deployed["Release"] = release(args.template, deployed)
    with parameters_for_sam(deployed) as file:
        command = [
            *(tool("sam"), "deploy", "--template-file", str(args.template), "--stack-name", stack, "--region", region),
            *("--config-file", str(ROOT / "infra" / "samconfig.toml"), "--s3-prefix", stack, "--no-progressbar"),
            *(["--tags", *tags.split()] if tags else []),
            *("--parameter-overrides", f"file://{file}", f"Architecture={args.architecture}", *args.sam_flags),
        ]
        if subprocess.run(command, check=False).returncode != 0:
            raise Failure(f"sam deploy did not finish.{stacks.reason_of_failure(stack, region)}")
    print_outputs(stack, region, args.parameters)
    if args.check:
        check_routes(args.cli, known)


def release(template: Path, parameters: dict[str, str]) -> str:
    """A hash of all that a function's version is made of, so that a change of any publishes a new one."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode() + template.read_bytes())
    for function in [*names(parameters[VENDORS]), *functions(template)[-1:]]:
        zip_file = template.parent.parent / "target" / "lambda" / function / "bootstrap.zip"
        if not zip_file.is_file():
            raise Failure(f"{shown(zip_file)} is missing: `make build` makes it", EXIT_USAGE)
        digest.update(zip_file.read_bytes())
    return digest.hexdigest()[:16]


def warn_of_kept_tables(parameters: dict[str, str], stack: str, region: str) -> None:
    if parameters.get("SampleConsumer", "false") == "true" or stacks.find(stack, region) is None:
        return
    dynamodb = boto3.client("dynamodb", region_name=region)
    for table in physical_ids(stack, region, "AWS::DynamoDB::Table"):
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
            print(
                f"SampleConsumer is off now. Table {table} stays, and is no longer part of the stack:\n"
                "SampleConsumer on again starts with an empty one. To delete it, take its deletion protection off."
            )


def check_routes(cli: Path, known: dict[str, str]) -> None:
    """Sends a test webhook, signed, to each account of each CRM: through API Gateway, the function and SQS."""
    urls = json.loads(stack_file(known[STACK]).read_text())["urls"]
    store = Store.of(known)
    failed = []
    for vendor, url in urls.items():
        for account, proofs in json.loads(store.get(vendor) or "{}").items():
            address = url if account == "default" else f"{url}/{quote(account, safe='')}"
            print(f"{vendor}  {address}", flush=True)
            env = os.environ | {"CRM_EVENTS_SECRET": proofs[0]}
            if subprocess.run([str(cli), "check", "--url", address], env=env, check=False).returncode != 0:
                failed.append(address)
    if failed:
        raise Failure(f"deployed, and {len(failed)} of the routes does not work: see above")


@contextmanager
def parameters_for_sam(values: dict[str, str]) -> Iterator[Path]:
    """A file for sam, for as long as it runs."""
    with tempfile.TemporaryDirectory(prefix="crm-events-") as folder:
        file = Path(folder) / "parameters.yaml"
        file.write_text(json.dumps(values))  # JSON is YAML; sam does not take .json
        yield file


def stack_file(name: str) -> Path:
    """What `crm-events` needs to know of the stack; nothing in it is secret."""
    return ROOT / "target" / "deployed" / f"{name}.json"


def print_outputs(name: str, region: str, parameters: Path) -> None:
    stack = stacks.of(name, region)
    known = for_clients(name, region, stack, os.environ.get("AWS_ENDPOINT_URL"))
    file = stack_file(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(known, indent=2) + "\n")
    print(f"\nStack {name} in {region}. To paste into each CRM:\n")
    for function, url in known["urls"].items():
        print(f"  {url}\n    how: shared/normalize/src/crm/{function}/README.md, Register the URL; secret: make secret VENDOR={function}")
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
    found = stacks.find(stack, region)
    if found is None:
        raise Failure(f"there is no stack {stack} in {region}")
    store = Store.of(read(args.parameters) | {STACK: stack, REGION: region})
    with_secret = [vendor for vendor in vendors(TEMPLATE) if store.get(vendor) is not None]
    print(f"Removing the stack {stack} in {region} ({found['StackStatus']}) loses, for good:\n")
    sqs = boto3.client("sqs", region_name=region)
    for queue in physical_ids(stack, region, "AWS::SQS::Queue"):
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        waiting = sum(int(count) for key, count in counts.items() if key.startswith("ApproximateNumberOfMessages"))
        print(f"  {waiting:6} messages   {queue}")
    for name in physical_ids(stack, region, "AWS::S3::Bucket"):
        print(f"  {sum(1 for _ in stacks.bucket(name, region).objects.all()):6} objects    {name}")
    dynamodb = boto3.client("dynamodb", region_name=region)
    for table in physical_ids(stack, region, "AWS::DynamoDB::Table"):
        items = dynamodb.describe_table(TableName=table)["Table"]["ItemCount"]
        print(f"  {items:6} items      {table} (counted some hours ago)")
    for vendor in with_secret:
        print(f"       1 secret     {store.place(vendor)}")
    print("\nThe CRMs get 404 or no answer from then on: take the URL out there first.")
    if ask("Type the name of the stack to go on, anything else to leave it") != stack:
        raise Failure("left as it is")
    print("Deleting the stack: this takes a minute or two.", flush=True)
    stacks.delete(stack, region)
    for vendor in with_secret:
        store.delete(vendor)
    stack_file(stack).unlink(missing_ok=True)


def physical_ids(stack: str, region: str, kind: str) -> list[str]:
    return [resource["PhysicalResourceId"] for resource in stacks.resources(stack, region, kind)]


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
    command.add_argument("--no-check", dest="check", action="store_false", help="do not send a test webhook to each route")
    command = commands.add_parser("secret", help="show the webhook credentials of a CRM")
    command.add_argument("vendor")
    command.add_argument("--set", action="store_true", help="read them from stdin instead, and store them")
    command.set_defaults(run=secret)
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
