"""The secrets of a stack's CRMs: SSM parameters or Secrets Manager secrets, which its functions read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

# The template's parameter that selects the store.
STORE = "SecretStore"

ABSENT = ("ParameterNotFound", "ResourceNotFoundException")
# Secrets Manager keeps a deleted secret for 30 days. Until then it has to be restored before it can be written.
DELETED = "InvalidRequestException"


def secret_name(stack: str, vendor: str) -> str:
    return f"{stack}/{vendor}"


@dataclass(frozen=True)
class Store:
    stack: str
    is_ssm: bool
    key: str
    client: Any

    @staticmethod
    def of(settings: dict[str, str]) -> Store:
        is_ssm = settings.get(STORE, "ssm") == "ssm"
        client: Any = boto3.client("ssm" if is_ssm else "secretsmanager", region_name=settings["Region"])
        return Store(settings["StackName"], is_ssm, settings.get("KmsKeyArn", ""), client)

    def name(self, vendor: str) -> str:
        return ("/" if self.is_ssm else "") + secret_name(self.stack, vendor)

    def place(self, vendor: str) -> str:
        return f"{'SSM parameter' if self.is_ssm else 'Secrets Manager secret'} {self.name(vendor)}"

    def get(self, vendor: str) -> str | None:
        try:
            if self.is_ssm:
                found = self.client.get_parameter(Name=self.name(vendor), WithDecryption=True)
                return str(found["Parameter"]["Value"])
            return str(self.client.get_secret_value(SecretId=self.name(vendor))["SecretString"])
        except ClientError as error:
            if code_of(error) in (*ABSENT, DELETED):
                return None
            raise

    def put(self, vendor: str, text: str) -> None:
        name = self.name(vendor)
        if self.is_ssm:
            key = {"KeyId": self.key} if self.key else {}
            # Intelligent tiering: free up to 4 KB, $0.05 a month for a longer text.
            kind = {"Type": "SecureString", "Tier": "Intelligent-Tiering", "Overwrite": True}
            self.client.put_parameter(Name=name, Value=text, **kind, **key)
            return
        try:
            self.client.put_secret_value(SecretId=name, SecretString=text)
        except ClientError as error:
            if code_of(error) in ABSENT:
                key = {"KmsKeyId": self.key} if self.key else {}
                self.client.create_secret(Name=name, SecretString=text, **key)
            elif code_of(error) == DELETED:
                self.client.restore_secret(SecretId=name)
                self.client.put_secret_value(SecretId=name, SecretString=text)
            else:
                raise

    def delete(self, vendor: str) -> None:
        if self.is_ssm:
            self.client.delete_parameter(Name=self.name(vendor))
        else:
            self.client.delete_secret(SecretId=self.name(vendor))


def code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
