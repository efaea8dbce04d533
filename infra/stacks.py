"""CloudFormation stacks: their state, the reason of a failure, and the resources that a deletion leaves."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError
from workspace import Failure

# Seconds between checks of a deletion; tests change it.
DELAY = int(os.environ.get("CRM_EVENTS_DELAY", "5"))

# A stack in one of these states was never up, and cannot be updated.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
FAILED_CREATION = ("CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")

Resource = dict[str, Any]


def find(name: str, region: str) -> dict[str, Any] | None:
    cloudformation: Any = boto3.client("cloudformation", region_name=region)
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return stack


def of(name: str, region: str) -> dict[str, Any]:
    """A stack that is up. A stack whose creation failed has no outputs."""
    stack = find(name, region)
    if stack is None:
        raise Failure(f"there is no stack {name} in {region}")
    if not stack.get("Outputs"):
        raise Failure(
            f"stack {name} is in {stack['StackStatus']}: its creation failed.{reason_of_failure(name, region)}\n"
            "`make deploy` removes what is left of it and goes on."
        )
    return stack


def for_clients(
    name: str, region: str, stack: dict[str, Any], endpoint: str | None, console_url: str | None = None
) -> dict[str, Any]:
    """The stack file for clients, from the outputs of a stack on AWS, or on the emulator at `endpoint`."""
    outputs: dict[str, str] = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    base = public = outputs.pop("BaseUrl")
    if endpoint:
        # On AWS the API has its own host name. The emulator also serves it under this path.
        api_id = public.removeprefix("https://").split(".")[0]
        base = f"{endpoint}/_aws/execute-api/{api_id}"
    # Senders post to the console, which passes the requests on.
    urls = {key: value.replace(public, console_url or base) for key, value in outputs.items() if value.startswith(public)}
    return {
        **({"console_url": console_url} if console_url else {}),
        "base_url": base,
        "endpoint_url": endpoint,
        "region": region,
        "stack_name": name,
        "queue_url": outputs["QueueUrl"],
        "dead_letter_queue_url": outputs["DeadLetterQueueUrl"],
        "quarantine_queue_url": outputs["QuarantineQueueUrl"],
        # None for a stack without an overflow store.
        "overflow_bucket": outputs.get("OverflowBucketName"),
        # None if the sample consumer is not deployed; the events then stay on the queue.
        "idempotency_table": outputs.get("IdempotencyTableName"),
        "view_table": outputs.get("ViewTableName"),
        "urls": {key.removesuffix("Url"): url for key, url in urls.items()},
    }


def prepare(name: str, region: str) -> None:
    """Prepares a deployment: removes the remains of a failed creation, and fails if a deployment cannot start."""
    stack = find(name, region)
    status = stack["StackStatus"] if stack else ""
    if status == "UPDATE_ROLLBACK_FAILED":
        raise Failure(
            f"stack {name} is in {status}.{reason_of_failure(name, region)}\nFix that, then run\n"
            f"  aws cloudformation continue-update-rollback --stack-name {name} --region {region}"
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise Failure(f"stack {name} is in {status}: wait until it is done")
    if status in FAILED_CREATION:
        print(f"The creation of stack {name} failed.{reason_of_failure(name, region)}\nRemoving the remains.")
        delete(name, region, only_if_empty=True)


def reason_of_failure(name: str, region: str) -> str:
    """The first resource that failed in the stack's last operation, and the reason. Later ones were only cancelled."""
    cloudformation: Any = boto3.client("cloudformation", region_name=region)
    reason = ""
    try:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        for event in (event for page in pages for event in page["StackEvents"]):  # the newest first
            said = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in said:
                reason = f" {event['LogicalResourceId']} ({event['ResourceType']}): {said}"
            if event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS") and is_the_stack(event):
                break
    except ClientError:
        return ""
    return reason


def is_the_stack(event: dict[str, Any]) -> bool:
    return event["ResourceType"] == "AWS::CloudFormation::Stack" and event["PhysicalResourceId"] == event["StackId"]


def resources(name: str, region: str, kind: str | None = None) -> list[Resource]:
    cloudformation: Any = boto3.client("cloudformation", region_name=region)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return [
        resource
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource.get("PhysicalResourceId")
        and resource["ResourceStatus"] != "DELETE_COMPLETE"
        and kind in (None, resource["ResourceType"])
    ]


def delete(name: str, region: str, *, only_if_empty: bool = False) -> None:
    """Deletes the stack, then the bucket and the tables that the template retains."""
    kept = [*resources(name, region, "AWS::S3::Bucket"), *resources(name, region, "AWS::DynamoDB::Table")]
    cloudformation: Any = boto3.client("cloudformation", region_name=region)
    cloudformation.delete_stack(StackName=name)
    try:
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": DELAY})
    except WaiterError:
        raise Failure(f"stack {name} was not deleted.{reason_of_failure(name, region)}") from None
    for resource in kept:
        delete_kept(resource["ResourceType"], resource["PhysicalResourceId"], region, only_if_empty)


def delete_kept(kind: str, name: str, region: str, only_if_empty: bool) -> None:
    try:
        if kind == "AWS::S3::Bucket":
            if not only_if_empty:
                bucket(name, region).objects.all().delete()
            bucket(name, region).delete()
            return
        dynamodb: Any = boto3.client("dynamodb", region_name=region)
        if only_if_empty and dynamodb.scan(TableName=name, Limit=1)["Count"]:
            print(f"Not deleted, because it contains items: {name}")
            return
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("NoSuchBucket", "ResourceNotFoundException"):
            print(f"Not deleted ({code}): {name}")


def bucket(name: str, region: str) -> Any:
    return boto3.resource("s3", region_name=region).Bucket(name)
