#!/usr/bin/env python3
"""A deployment to AWS: asks for settings, deploys with sam, checks each route, removes the deployment.

`settings` asks for what the parameters file lacks, and puts the secrets that are missing into the secret store. `up`
deploys, after showing what would change, and sends a signed test webhook to each route. `secret` shows or changes the
secret of a CRM. `outputs` prints the addresses to register and the rest of the stack. `remove` takes a stack down,
after showing what would be lost with it. All of them go to whichever AWS your environment means: AWS_PROFILE,
AWS_REGION, AWS_ENDPOINT_URL.

One parameters file is one deployment: its stack's name, its region and its template parameters. No secret is in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import boto3
import stacks
from botocore.exceptions import BotoCoreError, ClientError
from secret_store import Store
from settings import (
    DEFAULT_STACK,
    REGION,
    STACK,
    TAGS,
    VENDORS,
    ask,
    check_secrets,
    check_stored,
    hidden_line,
    names,
    read,
    settings,
)
from workspace import (
    CLI,
    EXIT_USAGE,
    ROOT,
    TEMPLATE,
    Failure,
    all_vendors,
    functions,
    shown,
    tool,
    vendor_files,
    write_whole,
)

# ---------------------------------------------------------------- secrets


def secret(args: argparse.Namespace) -> None:
    stack, region = place(args)
    store = Store.of(read(args.parameters) | {STACK: stack, REGION: region})
    if args.vendor not in all_vendors(TEMPLATE):
        raise Failure(f"there is no CRM {args.vendor}; there are {', '.join(all_vendors(TEMPLATE))}", EXIT_USAGE)
    if args.set or args.add:
        setting = hidden_line("JSON: ") if sys.stdin.isatty() else sys.stdin.read().strip()
        check_secrets(args.cli, args.vendor, setting)
        if args.add:
            setting = added(args.cli, args.vendor, store.get(args.vendor), setting)
        store.put(args.vendor, setting)
        print(f"Written to {store.place(args.vendor)}. The functions read it within a minute; no deployment is needed.")
        return
    text = store.get(args.vendor)
    if text is None:
        raise Failure(f"there is no {store.place(args.vendor)}: make secret VENDOR={args.vendor} SET=1 creates it")
    print(text)


def added(cli: Path, vendor: str, stored: str | None, setting: str) -> str:
    """The stored secret with the entries of another one at the end of each account's list. No entry is there twice."""
    if stored is None:
        return setting
    check_stored(cli, vendor, stored)
    accounts: dict[str, list[str]] = json.loads(stored)
    for account, entries in json.loads(setting).items():
        accounts[account] = list(dict.fromkeys([*accounts.get(account, []), *entries]))
    return json.dumps(accounts, ensure_ascii=False)


# ---------------------------------------------------------------- deploying

# The template's tables, and the parameter that makes each.
TABLES = {"ViewTable": "SampleConsumer", "IdempotencyTable": "IdempotencyRecords"}


def up(args: argparse.Namespace) -> None:
    deployed = settings(args)
    known = dict(deployed)
    stack, region, tags = deployed.pop(STACK), deployed.pop(REGION), deployed.pop(TAGS, "")
    stacks.prepare(stack, region)
    keep_tables(deployed, stack, region)
    deployed["Release"] = release(args.template, deployed)
    declined_before = stacks.open_change_sets(stack, region)
    with parameters_for_sam(deployed) as file:
        command = [
            *(tool("sam"), "deploy", "--template-file", str(args.template), "--stack-name", stack, "--region", region),
            *("--config-file", str(ROOT / "infra" / "samconfig.toml"), "--s3-prefix", stack, "--no-progressbar"),
            *(["--tags", *tags.split()] if tags else []),
            *("--parameter-overrides", f"file://{file}", f"Architecture={args.architecture}", *args.sam_flags),
        ]
        if subprocess.run(command, check=False).returncode != 0:
            raise Failure(f"sam deploy did not finish.{stacks.reason_of_failure(stack, region)}")
    # sam reports success if the answer was no.
    if stacks.open_change_sets(stack, region) - declined_before:
        raise Failure("not deployed: the changes were not confirmed")
    print_outputs(stack, region, args.deployed)
    if args.check:
        check_routes(args.cli, known, stack_file(args.deployed, stack))


def release(template: Path, parameters: dict[str, str]) -> str:
    """A hash of everything in a function's version, so that each change publishes a new version."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode() + template.read_bytes())
    for function in [*names(parameters[VENDORS]), *functions(template)[-1:]]:
        zip_file = template.parent.parent / "target" / "lambda" / function / "bootstrap.zip"
        if not zip_file.is_file():
            raise Failure(f"{shown(zip_file)} is missing: run `make build`", EXIT_USAGE)
        digest.update(zip_file.read_bytes())
    return digest.hexdigest()[:16]


def keep_tables(parameters: dict[str, str], stack: str, region: str) -> None:
    """Keeps each table in the stack whose parameter is left out, and reports those whose parameter is off.

    CloudFormation keeps the deployed value of a parameter that is left out. But an older template may have made the
    table for another parameter, and the update would delete it.
    """
    if stacks.find(stack, region) is None:
        return
    dynamodb = boto3.client("dynamodb", region_name=region)
    for resource in stacks.resources(stack, region, stacks.TABLE):
        setting, table = TABLES.get(resource["LogicalResourceId"]), resource["PhysicalResourceId"]
        if setting is None or parameters.setdefault(setting, "true") != "false":
            continue
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
            print(
                f"{setting} is off now. Table {table} stays, and is no longer part of the stack:\n"
                f"{setting} on again starts with an empty one. To delete it, take its deletion protection off."
            )


def check_routes(cli: Path, known: dict[str, str], file: Path) -> None:
    """Sends a signed test webhook for each account of each CRM through API Gateway, the function and SQS."""
    urls = json.loads(file.read_text())["urls"]
    store = Store.of(known)
    failed = []
    for vendor, url in urls.items():
        stored = store.get(vendor)
        if stored is None:
            continue
        check_stored(cli, vendor, stored)
        for account, proofs in json.loads(stored).items():
            address = url if account == "default" else f"{url}/{quote(account, safe='')}"
            print(f"{vendor}  {address}", flush=True)
            env = os.environ | {"CRM_EVENTS_SECRET": proofs[0]}
            if subprocess.run([cli, "check", "--url", address], cwd=ROOT, env=env, check=False).returncode != 0:
                failed.append(address)
    if failed:
        raise Failure(f"deployed, and {len(failed)} of the routes does not work: see above")


@contextmanager
def parameters_for_sam(values: dict[str, str]) -> Iterator[Path]:
    """A temporary file for sam, which is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="crm-events-") as folder:
        file = Path(folder) / "parameters.yaml"
        file.write_text(json.dumps(values))  # JSON is YAML; sam does not take .json
        yield file


def stack_file(deployed: Path, name: str) -> Path:
    """The path of the stack file for `crm-events`, which contains no secret."""
    return deployed / f"{name}.json"


def print_outputs(name: str, region: str, deployed: Path) -> None:
    stack = stacks.of(name, region)
    known = stacks.for_clients(name, region, stack, os.environ.get("AWS_ENDPOINT_URL"))
    file = stack_file(deployed, name)
    deployed.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(known, indent=2) + "\n")
    print(f"\nStack {name} in {region}. To paste into each CRM:\n")
    for vendor, url in known["urls"].items():
        print(f"  {url}\n    how: {page(vendor)}; secret: make secret VENDOR={vendor}")
    print("\nFor consumers and for you:\n")
    rest = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    for key, value in sorted(rest.items()):
        if not value.startswith(f"{rest['BaseUrl']}/"):
            print(f"  {key:20} {value}")
    print(f"\nFor crm-events: --stack {shown(file)}\n")


def page(vendor: str) -> str:
    """The place that says how to register the URL at the CRM."""
    file = vendor_files().get(vendor)
    return shown(file) if file else f"shared/normalize/src/crm/{vendor}/README.md, Register the URL"


def outputs(args: argparse.Namespace) -> None:
    stack, region = place(args)
    print_outputs(stack, region, args.deployed)


def place(args: argparse.Namespace) -> tuple[str, str]:
    """The name and region of the deployment. Fails instead of asking if they are not set."""
    known = read(args.parameters)
    region = args.region or known.get(REGION) or boto3.Session().region_name
    if not region:
        raise Failure("which region? REGION=..., or the region of your AWS profile", EXIT_USAGE)
    return args.stack or known.get(STACK, DEFAULT_STACK), region


# ---------------------------------------------------------------- removing


def remove(args: argparse.Namespace) -> None:
    """Removes the stack, then what it leaves. Run again after an interruption, it goes on with what is left."""
    stack, region = place(args)
    known = read(args.parameters) | {STACK: stack, REGION: region}
    store = Store.of(known)
    # The file may name a CRM whose own file has been deleted.
    possible = dict.fromkeys([*all_vendors(TEMPLATE), *names(known.get(VENDORS, ""))])
    with_secret = [vendor for vendor in possible if store.get(vendor) is not None]
    found = stacks.find(stack, region)
    file = kept_file(args.deployed, stack, region)
    kept = kept_of(file, stack, region, found is not None)
    if found is None and not kept and not with_secret:
        raise Failure(f"there is no stack {stack} in {region}")
    if found:
        print(f"Removing the stack {stack} in {region} ({found['StackStatus']}) loses, for good:\n")
    else:
        print(f"The stack {stack} in {region} is gone. Removing what is left of it loses, for good:\n")
    sqs = boto3.client("sqs", region_name=region)
    is_up = found is not None and found["StackStatus"] != "DELETE_IN_PROGRESS"
    for queue in physical_ids(stack, region, "AWS::SQS::Queue") if is_up else []:
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        waiting = sum(int(count) for key, count in counts.items() if key.startswith("ApproximateNumberOfMessages"))
        print(f"  {waiting:6} messages   {queue}")
    for (kind, name), size in kept.items():
        is_bucket = kind == stacks.BUCKET
        print(f"  {size:6} {'objects   ' if is_bucket else 'items     '} {name}{'' if is_bucket else ' (counted some hours ago)'}")
    for vendor in with_secret:
        print(f"       1 secret     {store.place(vendor)}")
    print("\nThe CRMs get 404 or no answer from then on. Remove the URLs there first.")
    if ask("Type the name of the stack to go on, anything else to leave it") != stack:
        raise Failure("left as it is")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps([*kept]) + "\n")
    if found:
        print("Deleting the stack: this takes a minute or two.", flush=True)
        stacks.delete(stack, region)
    done = [stacks.delete_kept(kind, name, region) for kind, name in kept]
    for vendor in with_secret:
        store.delete(vendor)
    if not all(done):
        raise Failure("not everything was removed: see above. Run `make remove` again.")
    file.unlink()
    stack_file(args.deployed, stack).unlink(missing_ok=True)


def kept_file(deployed: Path, stack: str, region: str) -> Path:
    """The path of a list of the buckets and tables that a removal has to delete. Afterwards no stack has their names.

    Another account may have a stack of this name, and a removal that was interrupted.
    """
    account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    return deployed / f"{stack}.{account}.{region}.kept.json"


def kept_of(file: Path, stack: str, region: str, exists: bool) -> dict[stacks.Kept, int]:
    """The stack's buckets and tables that still exist, those of an interrupted removal included, and their sizes."""
    known = stacks.kept(stack, region) if exists else []
    if file.is_file():
        known += [(kind, name) for kind, name in json.loads(file.read_text())]
    sizes = {(kind, name): stacks.size_of_kept(kind, name, region) for kind, name in known}
    return {each: size for each, size in sizes.items() if size is not None}


def physical_ids(stack: str, region: str, kind: str) -> list[str]:
    return [resource["PhysicalResourceId"] for resource in stacks.resources(stack, region, kind)]


# ---------------------------------------------------------------- command line


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--parameters", type=Path, default=ROOT / "infra" / "parameters.yaml", metavar="FILE")
    top.add_argument("--stack", default="", help=f"its name (default: of the file, else {DEFAULT_STACK})")
    top.add_argument("--region", default="", help="its region (default: of the file, else of your AWS profile)")
    top.add_argument(
        "--cli", type=Path, default=CLI, metavar="FILE",
        help="the crm-events program (default: target/debug/crm-events)",
    )  # fmt: skip
    top.add_argument(
        "--deployed", type=Path, default=ROOT / "target" / "deployed", metavar="DIR",
        help="folder for the files about each stack (default: target/deployed)",
    )  # fmt: skip
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("settings", help="ask for what is missing").set_defaults(run=settings)
    command = commands.add_parser("up", help="deploy")
    command.add_argument("--template", type=Path, default=TEMPLATE, metavar="FILE")
    command.add_argument("--architecture", default="arm64", choices=["arm64", "x86_64"])
    command.add_argument("sam_flags", nargs="*", metavar="SAM_FLAG", help="further flags of sam deploy, after --")
    command.set_defaults(run=up)
    command.add_argument("--no-check", dest="check", action="store_false", help="do not send a test webhook to each route")
    command = commands.add_parser("secret", help="show the secret of a CRM")
    command.add_argument("vendor")
    changes = command.add_mutually_exclusive_group()
    changes.add_argument("--set", action="store_true", help="replace it with the JSON on stdin")
    changes.add_argument("--add", action="store_true", help="add the entries of the JSON on stdin, and keep all others")
    command.set_defaults(run=secret)
    commands.add_parser("outputs", help="print the addresses").set_defaults(run=outputs)
    commands.add_parser("remove", help="take the stack down").set_defaults(run=remove)
    return top


def main() -> int:
    args = parser().parse_args()
    for name in ("parameters", "cli", "deployed"):
        setattr(args, name, getattr(args, name).resolve())
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
