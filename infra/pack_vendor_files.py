#!/usr/bin/env python3
"""Makes the zip file of each CRM that a file in vendors/ describes: the binary of functions/generic, and the file."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from workspace import GENERIC, ROOT, Failure, shown, vendor_files, write_zip


def main() -> int:
    folder = ROOT / "target" / "lambda"
    generic = folder / GENERIC / "bootstrap.zip"
    try:
        if not generic.is_file():
            raise Failure(f"{shown(generic)} is missing: run `make build`")
        with TemporaryDirectory() as scratch, zipfile.ZipFile(generic) as archive:
            binary = Path(archive.extract("bootstrap", scratch))
            for name, path in vendor_files().items():
                write_zip(folder / name / "bootstrap.zip", binary, path, zipfile.ZIP_DEFLATED)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
