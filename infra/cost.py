#!/usr/bin/env python3
"""What a million webhooks cost on AWS: list prices times what the template uses. Writes infra/COST.md.

Every number is here, so that it can be checked and changed: prices against the linked pages, quantities against your
own bill. No free tier is counted.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

COST_MD = Path(__file__).resolve().parent / "COST.md"

REGION = "us-east-1 (N. Virginia)"
AS_OF = "2025"

# USD.
HTTP_API_REQUEST = 1.00 / 1e6  # of up to 512 KB
LAMBDA_REQUEST = 0.20 / 1e6
LAMBDA_GB_SECOND = 0.0000133334  # arm64
SQS_FIFO_REQUEST = 0.50 / 1e6  # of up to 64 KB; high-throughput mode costs no more
LOGS_GB = 0.50  # taken in
XRAY_TRACE = 5.00 / 1e6
DYNAMODB_WRITE_UNIT = 0.625 / 1e6  # on demand, 1 KB; a transaction takes two for one
DYNAMODB_READ_UNIT = 0.125 / 1e6  # on demand, 4 KB
METRIC_MONTH = 0.30  # each name with each set of values of its dimensions that had data
ALARM_MONTH = 0.10
DASHBOARD_MONTH = 3.00

# A webhook: 6 KB from the CRM, an event of 12 KB with data.raw.
MILLION = 1_000_000
MEMORY_GB = 256 / 1024  # MemorySize
BILLED_SECONDS = 0.015  # a send to SQS in the same region, all else is below 1 ms
COLD_STARTS, COLD_SECONDS = 0.01, 0.150  # share of webhooks, and how long a start is billed
MESSAGE_UNITS = 1  # of 64 KB
FUNCTION_LOG_BYTES = 1_900  # the function's line with its metrics, and Lambda's own start and report
ACCESS_LOG_BYTES = 400
TRACED = 0.05  # X-Ray's default sampling, beyond the first request of each second
BATCH = 10  # of a consumer

# A month, whatever comes.
ALARMS = 10
VENDORS = 5


@dataclass(frozen=True)
class Row:
    what: str
    arithmetic: str
    usd: float


def million() -> list[Row]:
    seconds = BILLED_SECONDS + COLD_STARTS * COLD_SECONDS
    gb = (FUNCTION_LOG_BYTES + ACCESS_LOG_BYTES) * MILLION / 1e9
    return [
        Row("HTTP API", f"1 request at ${HTTP_API_REQUEST * 1e6:.2f} a million", HTTP_API_REQUEST * MILLION),
        Row("Lambda, requests", f"1 at ${LAMBDA_REQUEST * 1e6:.2f} a million", LAMBDA_REQUEST * MILLION),
        Row(
            "Lambda, time",
            f"({BILLED_SECONDS * 1e3:.0f} ms + {COLD_STARTS:.0%} × {COLD_SECONDS * 1e3:.0f} ms of cold start) × {MEMORY_GB} GB "
            f"at ${LAMBDA_GB_SECOND:.10f} a GB second",
            seconds * MEMORY_GB * LAMBDA_GB_SECOND * MILLION,
        ),
        Row(
            "SQS, send",
            f"{MESSAGE_UNITS} unit of 64 KB at ${SQS_FIFO_REQUEST * 1e6:.2f} a million",
            MESSAGE_UNITS * SQS_FIFO_REQUEST * MILLION,
        ),
        Row(
            "SQS, receive and delete",
            f"2 × {MESSAGE_UNITS} unit, one message at a time; in batches of {BATCH} less than a fifth of it",
            2 * MESSAGE_UNITS * SQS_FIFO_REQUEST * MILLION,
        ),
        Row(
            "Logs",
            f"({FUNCTION_LOG_BYTES} + {ACCESS_LOG_BYTES} bytes) = {gb:.1f} GB at ${LOGS_GB:.2f}",
            gb * LOGS_GB,
        ),
        Row("Traces", f"{TRACED:.0%} at ${XRAY_TRACE * 1e6:.2f} a million", TRACED * XRAY_TRACE * MILLION),
        Row("S3", "only what SQS does not take", 0.0),
    ]


def consumer() -> list[Row]:
    units = 2 * (1 + 2)
    return [
        Row(
            "DynamoDB, writes",
            f"a transaction of 1 KB (idempotency record) and 2 KB (view): {units} units at "
            f"${DYNAMODB_WRITE_UNIT * 1e6:.3f} a million",
            units * DYNAMODB_WRITE_UNIT * MILLION,
        ),
        Row(
            "DynamoDB, reads",
            f"1 unit at ${DYNAMODB_READ_UNIT * 1e6:.3f} a million",
            DYNAMODB_READ_UNIT * MILLION,
        ),
    ]


def month(metrics: int) -> list[Row]:
    return [
        Row(
            "Metrics", f"{metrics} at ${METRIC_MONTH:.2f} (by the hour in which they had data)", metrics * METRIC_MONTH
        ),
        Row("Alarms", f"{ALARMS} at ${ALARM_MONTH:.2f}", ALARMS * ALARM_MONTH),
        Row("Dashboard", "1", DASHBOARD_MONTH),
    ]


def dollars(usd: float) -> str:
    """To the cent, half a cent up."""
    return f"{int(usd * 100 + 0.5 + 1e-9) / 100:.2f}"


def table(rows: list[Row], total: str) -> str:
    lines = [f"| {row.what} | {row.arithmetic} | {dollars(row.usd)} |" for row in rows]
    total_row = f"| **{total}** | | **{dollars(sum(row.usd for row in rows))}** |"
    return "\n".join(["| | arithmetic | USD |", "|---|---|---|", *lines, total_row])


def document(metrics: int) -> str:
    return f"""\
# What it costs

At list prices of {REGION} as of {AS_OF}, without the free tier. Prices change and differ by region: check them on the
pages linked below before you rely on them. [cost.py](cost.py) writes this page; change the quantities there to yours.

## A million webhooks

{table(million(), "together")}

## With the sample consumer

{table(consumer(), "together")}

Its Lambda time and requests are a tenth of the above or less, for it takes batches.

## A month, whatever comes

{table(month(metrics), "together")}

{metrics} metrics at most: {", ".join(explanation for _, explanation in metric_sets())}.
A metric without data costs nothing: a stack with one CRM, or none of the rarer outcomes, costs less.

Prices: [HTTP API](https://aws.amazon.com/api-gateway/pricing/), [Lambda](https://aws.amazon.com/lambda/pricing/),
[SQS](https://aws.amazon.com/sqs/pricing/), [CloudWatch](https://aws.amazon.com/cloudwatch/pricing/),
[X-Ray](https://aws.amazon.com/xray/pricing/), [DynamoDB](https://aws.amazon.com/dynamodb/pricing/on-demand/).
"""


def metric_sets() -> list[tuple[int, str]]:
    """How many metrics there can be, by the sets of dimensions that the functions write."""
    names, by_event = 17, 40
    return [
        (names, f"{names} for the stack"),
        (names * VENDORS, f"{names} for each of {VENDORS} CRMs"),
        (by_event, f"1 for each kind of event that comes (here {by_event})"),
        (1, "1 of the access log"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether infra/COST.md is what this would write")
    text = document(sum(count for count, _ in metric_sets()))
    if parser.parse_args().check:
        return 0 if COST_MD.read_text() == text else 1
    COST_MD.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
