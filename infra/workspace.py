"""The files and programs of this workspace, and how a command says what went wrong."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "infra" / "template.yaml"
CLI = ROOT / "target" / "debug" / "crm-events"
CONSUMER = "consumer"
GENERIC = "generic"
VENDOR_FILES = ROOT / "vendors"

EXIT_FAILED = 1
EXIT_USAGE = 2  # as argparse: something for the person at the keyboard to change


class Failure(Exception):
    """An error, with a message to print that says what to do."""

    def __init__(self, message: str, code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.code = code


def shown(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(ROOT))
    return str(path)


def tail(path: Path, lines: int = 25) -> str:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def tool(name: str) -> str:
    path = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if path is None:
        raise Failure(f"{name} is not installed here: run this with `make`, which installs it into .venv", EXIT_USAGE)
    return path


def vendors(template: Path) -> list[str]:
    """All CRMs that the template can deploy, from the default of its parameter Vendors."""
    default = re.search(r"^  Vendors:\n(?:    .*\n)*?    Default: >-\n((?:      [a-z]+,?\n)+)", template.read_text(), re.M)
    if not default:
        raise Failure(f"{shown(template)}: parameter Vendors has no default with one CRM to a line")
    return default[1].replace(",", " ").split()


def vendor_files() -> dict[str, Path]:
    """The CRMs that a file describes, by name. Each is a function of its own, with the binary of `generic`."""
    return {path.stem: path for path in sorted(VENDOR_FILES.glob("*.toml"))}


def all_vendors(template: Path) -> list[str]:
    """The built-in CRMs and those that a file describes."""
    return [*vendors(template), *vendor_files()]


def write_zip(target: Path, binary: Path, vendor_file: Path | None, compression: int = zipfile.ZIP_STORED) -> None:
    """Zips a function's binary, with the file of its CRM if it is not built in. Equal contents give equal zips."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", compression) as archive:
        contents = {"bootstrap": (binary, 0o755)} | ({"vendor.toml": (vendor_file, 0o644)} if vendor_file else {})
        for name, (path, mode) in contents.items():
            entry = zipfile.ZipInfo(name)  # its date is fixed
            entry.external_attr = mode << 16
            entry.compress_type = compression
            archive.writestr(entry, path.read_bytes())
    unfinished.rename(target)


def functions(template: Path) -> list[str]:
    return [*vendors(template), CONSUMER]


def crm_events(cli: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs crm-events in the workspace, where it finds the CRMs that a file describes."""
    try:
        return subprocess.run([cli, *arguments], cwd=ROOT, input=stdin, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Failure(f"{shown(cli)} is missing: run `make cli`", EXIT_USAGE) from None


def output_of(cli: Path, *arguments: str) -> str:
    result = crm_events(cli, *arguments)
    if result.returncode != 0:
        raise Failure(f"`{shown(cli)} {' '.join(arguments)}` failed:\n{result.stderr.strip()}")
    return result.stdout


def sample_secrets(cli: Path) -> dict[str, Any]:
    secrets: dict[str, Any] = json.loads(output_of(cli, "secrets"))
    return secrets


def architecture() -> str:
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def write_whole(path: Path, text: str) -> None:
    """Writes a file atomically, so that a program waiting for it never reads a part."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text)
    unfinished.rename(path)
