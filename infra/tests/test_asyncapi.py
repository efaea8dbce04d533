"""The AsyncAPI document matches the template's queues. Run by `make test`."""

import json
import unittest
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

ROOT = Path(__file__).resolve().parents[2]
RESOURCES: dict[str, Any] = cfn_yaml.load(str(ROOT / "infra/template.yaml"))["Resources"]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "shared/event/schema/asyncapi.json").read_text())


class Queues(unittest.TestCase):
    bindings = DOCUMENT["channels"]["events"]["bindings"]["sqs"]

    def test_the_queues_are_those_of_the_template(self) -> None:
        for binding, resource in (("queue", "Queue"), ("deadLetterQueue", "DeadLetterQueue")):
            queue, properties = self.bindings[binding], RESOURCES[resource]["Properties"]
            name = properties["QueueName"]["Fn::Sub"].replace("${AWS::StackName}", "crm-events")
            self.assertEqual(queue["name"], name)
            for member in queue.keys() - {"name", "redrivePolicy"}:
                self.assertEqual(queue[member], properties[member[0].upper() + member[1:]], f"{binding}.{member}")

    def test_a_failed_event_goes_where_the_template_says(self) -> None:
        redrive = self.bindings["queue"]["redrivePolicy"]
        self.assertEqual(redrive["maxReceiveCount"], RESOURCES["Queue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"])
        self.assertEqual(redrive["deadLetterQueue"]["name"], self.bindings["deadLetterQueue"]["name"])
        self.assertEqual(DOCUMENT["channels"]["events"]["address"], self.bindings["queue"]["name"])


if __name__ == "__main__":
    unittest.main()
