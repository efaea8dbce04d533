"""The settings of a deployment, in its parameters file, and the secrets of its CRMs: asked for where they are missing."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import boto3
import yaml
from secret_store import Store
from workspace import CONSUMER, EXIT_USAGE, TEMPLATE, Failure, all_vendors, crm_events, output_of, shown

STACK = "StackName"
REGION = "Region"
TAGS = "Tags"
VENDORS = "Vendors"
QUIET_VENDORS = "QuietVendors"
ALARM_EMAIL = "AlarmEmail"
DEFAULT_STACK = "crm-events"

# The name of a function is the stack's name, a hyphen and the CRM's name.
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html#lambda-CreateFunction-request-FunctionName
MAX_FUNCTION_NAME = 64

HEADER = f"""\
# A deployment of crm-events: `make deploy PARAMETERS=<this file>`.
# {STACK} and {REGION} say where, {TAGS} are put on every resource; the rest are parameters of infra/template.yaml.
"""


class TextLoader(yaml.SafeLoader):
    """YAML in which an empty value is an empty text, and a date is the text that was written."""


TextLoader.add_constructor("tag:yaml.org,2002:null", lambda _loader, _node: "")
TextLoader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text()
    except FileNotFoundError:
        return {}
    try:
        found = yaml.load(text, TextLoader) or {}
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        at = f", line {place.line + 1}" if place else ""
        # The error itself would quote the line.
        raise Failure(f"{shown(path)}{at}: not valid YAML", EXIT_USAGE) from None
    if not isinstance(found, dict):
        raise Failure(f"{shown(path)}: expected lines of `name: value`", EXIT_USAGE)
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}


def write(path: Path, settings: dict[str, str]) -> None:
    """Adds settings to the file, or creates it. Existing text stays unchanged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{name}: {yaml_text(value)}\n" for name, value in settings.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as file:
        before = path.read_text()
        file.write(("" if before.endswith("\n") else "\n" if before else HEADER) + lines)


def yaml_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def settings(args: argparse.Namespace) -> dict[str, str]:
    """The settings of the command line, or else of the file. Asks for those that neither has."""
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
    check_quiet_vendors(known)
    # A file with CRMs was written by hand, or asked for this before.
    if VENDORS not in known and ALARM_EMAIL not in known:
        added |= ask_for_alarm_email()
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


def ask_for_alarm_email() -> dict[str, str]:
    while email := line("E-mail address for the alarms (Enter alone: none): "):
        try:
            check(ALARM_EMAIL, email)
        except Failure as failure:
            if not sys.stdin.isatty():
                raise
            print(f"  {failure}")
        else:
            return {ALARM_EMAIL: email}
    return {}


def ask_for_secrets(cli: Path, known: dict[str, str]) -> dict[str, str]:
    """Asks for the CRMs if the file has none, and for the secrets of those that have none in the store."""
    store = Store.of(known)
    forms = secret_forms(cli)
    asked = VENDORS not in known
    chosen = list(forms) if asked else names(known[VENDORS])
    stored = {vendor: text for vendor in chosen if (text := store.get(vendor)) is not None}
    if not asked:
        for vendor, text in stored.items():
            check_stored(cli, vendor, text)
    missing = [vendor for vendor in chosen if asked or vendor not in stored]
    if missing:
        print(
            "\nHow do the CRMs prove that a webhook is theirs?"
            + (" Press Enter for a CRM that does not send to you." if asked else "")
            + "\nMost CRMs that make the secret themselves (hmac) do so once they have the URL.\n"
        )
    new: dict[str, str | None] = {}
    for vendor in missing:
        if vendor in stored:
            if ask(f"{vendor}: its secret is in {store.place(vendor)}. Deploy it? yes or no", "yes") == "yes":
                check_stored(cli, vendor, stored[vendor])
                new[vendor] = None
            continue
        schemes = {form["scheme"]: form for form in forms[vendor]}
        allowed = ["", *schemes] if asked else list(schemes)
        while (choice := line(f"{vendor} ({', '.join(schemes)}): ")) not in allowed:
            print(f"  one of {', '.join(schemes)}" + (", or Enter alone" if asked else ""))
        if choice:
            new[vendor] = new_secret(cli, vendor, schemes[choice])
    if asked and not new:
        raise Failure("no CRM, nothing to deploy", EXIT_USAGE)
    for vendor, text in new.items():
        if text:
            store.put(vendor, text)
            print(f"The secret of {vendor} is in {store.place(vendor)}; make secret VENDOR={vendor} shows it.")
    return {VENDORS: ",".join(new)} if asked else {}


def secret_forms(cli: Path) -> dict[str, list[dict[str, Any]]]:
    """How the secrets of each CRM are written, by CRM: `crm-events secret-forms`."""
    return {each["vendor"]: each["schemes"] for each in json.loads(output_of(cli, "secret-forms"))}


def new_secret(cli: Path, vendor: str, form: dict[str, Any]) -> str:
    """A secrets setting of one secret: asked for where the CRM makes it, else random."""
    if form["made_by_crm"]:
        prefix = f"{form['scheme']}:"
        expected = form["form"].removeprefix(prefix)
        while entered := hidden_line(f"  the secret that the CRM shows, {expected} (Enter alone: none yet): "):
            setting = json.dumps({"default": [prefix + entered.removeprefix(prefix)]})
            try:
                check_secrets(cli, vendor, setting)
            except Failure as failure:
                if not sys.stdin.isatty():
                    raise
                print(f"  {failure}")
            else:
                return setting
        print(f"  Until you store it (make secret VENDOR={vendor} ADD=1), webhooks of {vendor} are refused.")
    return json.dumps({"default": [output_of(cli, "new-secret", vendor, form["scheme"]).strip()]})


def check_secrets(cli: Path, vendor: str, setting: str) -> None:
    """Refuses a malformed setting, which would stop the function when it starts. The message holds no secret."""
    result = crm_events(cli, "check-secrets", vendor, stdin=setting)
    if result.returncode != 0:
        raise Failure(f"secret of {vendor}: {result.stderr.strip().removeprefix('crm-events: ')}", EXIT_USAGE)


def check_stored(cli: Path, vendor: str, text: str) -> None:
    """Refuses a malformed secret that is in the store. It may have been written there without these commands."""
    try:
        check_secrets(cli, vendor, text)
    except Failure as failure:
        raise Failure(f"stored {failure}\nmake secret VENDOR={vendor} SET=1 replaces it", failure.code) from None


def names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        raise Failure(f"{prompt.strip(': ')}: not given, and nobody here to ask", EXIT_USAGE) from None


def hidden_line(prompt: str) -> str:
    """A line that a terminal does not show."""
    return getpass.getpass(prompt).strip() if sys.stdin.isatty() else line(prompt)


def check(name: str, value: str) -> None:
    """Refuses settings that CloudFormation would refuse only after minutes."""
    if name == STACK:
        longest = max([*all_vendors(TEMPLATE), CONSUMER], key=len)
        most = MAX_FUNCTION_NAME - len(f"-{longest}")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value):
            raise Failure(f"{STACK}: letters, digits and hyphens, a letter first", EXIT_USAGE)
        if len(value) > most:
            raise Failure(
                f"{STACK}: {len(value)} characters; at most {most}, for function {value}-{longest} may have "
                f"{MAX_FUNCTION_NAME}",
                EXIT_USAGE,
            )
    elif name == REGION:
        if not value:
            raise Failure(f"{REGION}: empty", EXIT_USAGE)
    elif name == VENDORS:
        known = all_vendors(TEMPLATE)
        unknown = [each for each in names(value) if each not in known]
        if unknown or not names(value):
            raise Failure(f"{VENDORS}: {', '.join(unknown) or 'empty'}; there are {', '.join(known)}", EXIT_USAGE)
    elif name == ALARM_EMAIL:
        if value and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise Failure(f"{ALARM_EMAIL}: expected an e-mail address, or nothing", EXIT_USAGE)
    elif name != TAGS and name not in template_parameters():
        raise Failure(f"{name} is no setting: infra/template.yaml has no such parameter", EXIT_USAGE)


def check_quiet_vendors(values: dict[str, str]) -> None:
    """Refuses an alarm on a CRM without a function, because it would ring forever."""
    deployed = names(values[VENDORS]) if VENDORS in values else all_vendors(TEMPLATE)
    quiet = names(values.get(QUIET_VENDORS, "none"))
    unknown = [each for each in quiet if each not in (*deployed, "none")]
    if unknown or not quiet:
        wrong = ", ".join(unknown) or "empty"
        raise Failure(f"{QUIET_VENDORS}: {wrong}; there are {', '.join(deployed)}, or write none", EXIT_USAGE)


def template_parameters() -> list[str]:
    section = re.search(r"^Parameters:\n((?:[ #].*\n|\n)+)", TEMPLATE.read_text(), re.M)
    return re.findall(r"^  (\w+):$", section[1], re.M) if section else []
