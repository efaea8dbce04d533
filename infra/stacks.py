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
FAILED_CREATION = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")

Resource = dict[str, Any]
# The type and the name of a bucket or a table.
Kept = tuple[str, str]

GONE = ("NoSuchBucket", "ResourceNotFoundException")
BUCKET, TABLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table"


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
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        raise Failure(f"stack {name} was never deployed: its first changes were not confirmed. Run `make deploy`.")
    check_not_half_removed(stack, region)
    if not stack.get("Outputs"):
        raise Failure(
            f"stack {name} is in {stack['StackStatus']}: its creation failed.{reason_of_failure(name, region)}\n"
            "`make deploy` removes what is left of it and goes on."
        )
    return stack


def check_not_half_removed(stack: dict[str, Any], region: str) -> None:
    name = stack["StackName"]
    if stack["StackStatus"] == "DELETE_FAILED":
        raise Failure(f"the removal of stack {name} failed.{reason_of_failure(name, region)}\nRun `make remove` again.")


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
        # None without IdempotencyRecords.
        "idempotency_table": outputs.get("IdempotencyTableName"),
        # None if the sample consumer is not deployed. The events then stay on the queue until your consumer reads them.
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
    if stack:
        check_not_half_removed(stack, region)
    if status in FAILED_CREATION:
        print(f"The creation of stack {name} failed.{reason_of_failure(name, region)}\nRemoving the remains.")
        remains = kept(name, region)
        delete(name, region)
        for kind, resource in remains:
            delete_kept(kind, resource, region, only_if_empty=True)


def open_change_sets(name: str, region: str) -> set[str]:
    """The ids of the stack's change sets that can be executed. A change set that was declined stays one of them."""
    if find(name, region) is None:
        return set()
    cloudformation: Any = boto3.client("cloudformation", region_name=region)
    pages = cloudformation.get_paginator("list_change_sets").paginate(StackName=name)
    found = [change_set for page in pages for change_set in page["Summaries"]]
    return {each["ChangeSetId"] for each in found if each["ExecutionStatus"] == "AVAILABLE"}


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


def kept(name: str, region: str) -> list[Kept]:
    """The buckets and tables of the stack. Its template retains some of them when the stack is deleted."""
    return [
        (kind, resource["PhysicalResourceId"]) for kind in (BUCKET, TABLE) for resource in resources(name, region, kind)
    ]


def delete(name: str, region: str) -> None:
    cloudformation: Any = boto3.client("cloudformation", region_name=region)
    cloudformation.delete_stack(StackName=name)
    try:
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": DELAY})
    except WaiterError:
        raise Failure(f"stack {name} was not deleted.{reason_of_failure(name, region)}") from None


def size_of_kept(kind: str, name: str, region: str) -> int | None:
    """The number of objects in a bucket or of items in a table, which AWS counts every six hours. None if it is gone."""
    try:
        if kind == BUCKET:
            return sum(1 for _ in bucket(name, region).objects.all())
        dynamodb: Any = boto3.client("dynamodb", region_name=region)
        return int(dynamodb.describe_table(TableName=name)["Table"]["ItemCount"])
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise


def delete_kept(kind: str, name: str, region: str, *, only_if_empty: bool = False) -> bool:
    """False if it is still there."""
    try:
        if kind == BUCKET:
            if not only_if_empty:
                bucket(name, region).objects.all().delete()
            bucket(name, region).delete()
            return True
        dynamodb: Any = boto3.client("dynamodb", region_name=region)
        if only_if_empty and dynamodb.scan(TableName=name, Limit=1)["Count"]:
            print(f"Not deleted, because it contains items: {name}")
            return False
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in GONE:
            print(f"Not deleted ({code}): {name}")
            return False
    return True


def bucket(name: str, region: str) -> Any:
    return boto3.resource("s3", region_name=region).Bucket(name)
