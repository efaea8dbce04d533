#!/usr/bin/env python3
"""Prints the expanded infra/template.yaml, for tools that support neither Fn::ForEach nor SAM.

The transforms are those of the local stack's emulator and of AWS's own translator.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml
from ministack.services.cloudformation.language_extensions import apply
from samtranslator.translator.transform import transform
from workspace import TEMPLATE, vendors

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator wants one

DEFAULTS = {"QuietVendors": "none", "Rollout": "AllAtOnce", "Release": ""}


def looped(template: Path = TEMPLATE, **parameters: str) -> dict[str, Any]:
    """Expands every Fn::ForEach, for all CRMs or those in `Vendors`."""
    values = DEFAULTS | {"Vendors": ",".join(vendors(template))} | parameters
    plain = json.loads(json.dumps(cfn_yaml.load(str(template))))
    expanded: dict[str, Any] = apply(plain, values)
    return expanded


def translated(template: Path = TEMPLATE, **parameters: str) -> dict[str, Any]:
    """Expands SAM's resources too."""
    expanded = looped(template, **parameters)
    for resource in expanded["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/bootstrap.zip"  # where `sam deploy` would put it
    expanded["Transform"] = "AWS::Serverless-2016-10-31"
    found: dict[str, Any] = transform(expanded, DEFAULTS | parameters, None)
    return found


if __name__ == "__main__":
    json.dump(translated(**dict(argument.split("=", 1) for argument in sys.argv[1:])), sys.stdout, indent=2)
