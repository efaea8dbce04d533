"""Checks the files of the Freshsales app against the vendor's rules. Run by `make test`."""

import json
import re
import unittest
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "freshsales-app"
FILES = {"manifest": "manifest.json", "requests": "config/requests.json", "iparams": "config/iparams.json"}


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def errors(name: str, document: Any) -> list[str]:
    validator = Draft202012Validator(load(HERE / "freshworks" / f"{name}.schema.json"))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


class Files(unittest.TestCase):
    manifest, requests, iparams = (load(APP / path) for path in FILES.values())

    def test_each_file_is_what_the_vendor_asks_for(self) -> None:
        for name, path in FILES.items():
            self.assertEqual(errors(name, load(APP / path)), [], path)

    def test_the_schemas_refuse_what_the_vendor_refuses(self) -> None:
        def changed(document: Any, path: str, value: Any) -> Any:
            copy = json.loads(json.dumps(document))
            *parents, last = path.split("/")
            place = copy
            for parent in parents:
                place = place[parent]
            place[last] = value
            return copy

        handler = {"handler": "forward"}
        for name, document in (
            ("manifest", changed(self.manifest, "platform-version", "2.3")),
            ("manifest", changed(self.manifest, "modules/contact/events/onContactDelete", handler)),
            ("manifest", changed(self.manifest, "modules/common/events/onContactCreate", handler)),
            ("manifest", changed(self.manifest, "modules/ticket", {"events": {"onTicketCreate": handler}})),
            ("manifest", changed(self.manifest, "engines/node", "18.20.8")),
            ("manifest", changed(self.manifest, "product", {})),
            ("requests", changed(self.requests, "forward/schema/host", "https://example.com")),
            ("requests", changed(self.requests, "forward/schema/path", "webhooks")),
            ("requests", changed(self.requests, "forward/options/maxAttempts", 6)),
            ("requests", changed(self.requests, "forward/options/retryDelay", 1550)),
            ("iparams", changed(self.iparams, "token/type", "password")),
            ("iparams", changed(self.iparams, "token/display_name", "")),
        ):
            self.assertNotEqual(errors(name, document), [], (name, document))

    def test_each_name_in_one_file_is_there_in_the_other(self) -> None:
        self.assertEqual(set(self.manifest["modules"]["common"]["requests"]), set(self.requests))
        used = re.findall(r"<%= *iparam\.(\w+) *%>", json.dumps(self.requests))
        self.assertEqual(sorted(used), sorted(self.iparams))
        server = (APP / "server/server.js").read_text()
        handlers = {e["handler"] for m in self.manifest["modules"].values() for e in m["events"].values()}
        self.assertEqual(handlers, set(re.findall(r"^  (\w+): async function", server, re.M)))

    def test_the_token_is_secure_and_stands_in_a_header_only(self) -> None:
        """A secure parameter is used in one place only, and cannot be read back."""
        secure = [name for name, iparam in self.iparams.items() if iparam.get("secure")]
        self.assertEqual(secure, ["token"])
        schema = self.requests["forward"]["schema"]
        self.assertIn("iparam.token", schema["headers"]["X-Webhook-Token"])
        others = {key: value for key, value in schema.items() if key != "headers"}
        self.assertNotIn("iparam.token", json.dumps(others))

    def test_the_settings_take_what_the_deployment_prints_and_nothing_else(self) -> None:
        def takes(name: str, value: str) -> bool:
            return re.search(self.iparams[name]["regex"][name], value) is not None

        self.assertTrue(takes("host", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"))
        for host in ("https://example.com", "example.com/", "localhost", "example.com:443", "", "a b.com"):
            self.assertFalse(takes("host", host), host)
        self.assertTrue(takes("path", self.iparams["path"]["default_value"]))
        self.assertTrue(takes("path", "webhooks/freshsales/acme"))
        for path in ("/webhooks/freshsales", "webhooks/freshsales/", "webhooks/heffl", "webhooks/freshsales?token=x"):
            self.assertFalse(takes("path", path), path)


if __name__ == "__main__":
    unittest.main()
