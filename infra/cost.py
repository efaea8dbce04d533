#!/usr/bin/env python3
"""The cost of webhooks on AWS: list prices times the resources that the template uses. Writes infra/COST.md.

Every number is here, so that it can be checked and changed: prices against the linked pages, quantities against your
own bill. No free tier is counted, except that CloudWatch's first three dashboards of up to 50 metrics are always free.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COST_MD = Path(__file__).resolve().parent / "COST.md"

REGION = "us-east-1 (N. Virginia)"
CHECKED = "2026-11-28"

MONTH_SECONDS = 730 * 3600  # AWS's own month, of 730 hours
RATES = (100_000, 1_000_000, 10_000_000, 100_000_000)  # webhooks a month


@dataclass(frozen=True)
class Source:
    """A page that quotes AWS's prices, and its date."""

    page: str
    quoted_by: str


API_GATEWAY_PAGE = Source(
    "https://aws.amazon.com/api-gateway/pricing/",
    "[AWS's whitepaper on private APIs](https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html), no date; "
    "[awsforengineers.com](https://awsforengineers.com/blog/aws-api-gateway-pricing-explained), 2025-05",
)
LAMBDA_PAGE = Source(
    "https://aws.amazon.com/lambda/pricing/", "[wring.co](https://wring.co/blog/aws-lambda-pricing-guide), 2026-03"
)
SQS_PAGE = Source(
    "https://aws.amazon.com/sqs/pricing/", "[cloudburn.io](https://cloudburn.io/blog/amazon-sqs-pricing), 2026-03"
)
CLOUDWATCH_PAGE = Source(
    "https://aws.amazon.com/cloudwatch/pricing/",
    "[api-evangelist/cloudwatch](https://github.com/api-evangelist/cloudwatch/blob/main/plans/cloudwatch-plans-pricing.yml), 2026-05",
)
KMS_PAGE = Source("https://aws.amazon.com/kms/pricing/", "[cloudburn.io](https://cloudburn.io/blog/aws-kms-pricing), 2026-03")
XRAY_PAGE = Source(
    "https://aws.amazon.com/xray/pricing/", "[the page itself, in German](https://aws.amazon.com/de/xray/pricing/), a copy without a date"
)
DYNAMODB_PAGE = Source(
    "https://aws.amazon.com/dynamodb/pricing/on-demand/",
    "[airbyte.com](https://airbyte.com/data-engineering-resources/dynamodb-pricing), 2025-07",
)


@dataclass(frozen=True)
class Price:
    usd: float
    per: float
    unit: str
    source: Source

    @property
    def each(self) -> float:
        return self.usd / self.per

    def __str__(self) -> str:
        return f"[${self.usd:.10g} {self.unit}]({self.source.page})"


HTTP_API = Price(1.00, 1e6, "a million requests", API_GATEWAY_PAGE)
LAMBDA_REQUEST = Price(0.20, 1e6, "a million requests", LAMBDA_PAGE)
LAMBDA_GB_SECOND = Price(0.0000133334, 1, "a GB second (arm64)", LAMBDA_PAGE)
SQS_FIFO = Price(0.50, 1e6, "a million requests of up to 64 KB", SQS_PAGE)
LOGS = Price(0.50, 1e9, "a GB of logs", CLOUDWATCH_PAGE)
KMS = Price(0.03, 1e4, "for 10,000 requests", KMS_PAGE)
XRAY = Price(5.00, 1e6, "a million traces", XRAY_PAGE)
DYNAMODB_WRITE = Price(0.625, 1e6, "a million write units of 1 KB", DYNAMODB_PAGE)
DYNAMODB_READ = Price(0.125, 1e6, "a million read units of 4 KB", DYNAMODB_PAGE)
METRIC = Price(0.30, 1, "a month for a metric", CLOUDWATCH_PAGE)
ALARM = Price(0.10, 1, "a month for an alarm", CLOUDWATCH_PAGE)

# A webhook: 6 KB from the CRM, an event of 12 KB with data.raw.
MEMORY_GB = 256 / 1024  # MemorySize
BILLED_SECONDS = 0.015  # a send to SQS in the same region; all else is below 1 ms
COLD_SECONDS = 0.150  # how long a start is billed
MESSAGE_UNITS = 1  # of 64 KB
EVENT_OVERHEAD = 26  # bytes that CloudWatch Logs adds to each line
FUNCTION_LINE_BYTES = 404  # of events/heffl/deal_updated, accepted, by infra/tests/test_cost.py
REFUSED_SECONDS = 0.002
REFUSED_LINE_BYTES = 425  # of the same webhook without a valid proof, by infra/tests/test_cost.py
ACCESS_LINE_BYTES = 164  # by infra/tests/test_template.py
VENDORS = 5  # functions that share the webhooks alike

# The sample consumer. A FIFO event source has no batch window, so without a backlog a batch is one message.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
CONSUMER_SECONDS = 0.020
CONSUMER_LINE_BYTES = 305  # of the same event, by infra/tests/test_cost.py
WRITE_UNITS = 2  # one conditional write of the record's item, 2 KB
READ_UNITS = 1
POLLERS, POLL_SECONDS = 5, 20

# Fixed, per month.
ALARMS = 11
METRICS = ("Overflowed", "Quarantined", "Stored", "Throttled", "Unauthorized", "Unavailable", "Unknown", "Unreadable")


def cold_starts(month: int) -> float:
    """Share of webhooks that start a new instance. This is an assumption: Lambda starts more with less traffic."""
    return {100_000: 0.05, 1_000_000: 0.01, 10_000_000: 0.003, 100_000_000: 0.001}[month]


def traced(month: int) -> float:
    """Share of webhooks with a trace, if Tracing is Active: the first request of each second and 5 % of the rest, for each
    function. Lambda's rate cannot be changed; arrivals are taken as random (Poisson).

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    rate = month / VENDORS / MONTH_SECONDS
    first = (1 - math.exp(-rate)) / rate
    return first + 0.05 * (1 - first)


@dataclass(frozen=True)
class Row:
    what: str
    arithmetic: str
    price: Price
    of_each: Callable[[int], float]  # how many of the price's unit a webhook takes, at so many webhooks a month

    def usd(self, month: int) -> float:
        return self.of_each(month) * self.price.each * 1e6


INGEST = [
    Row("HTTP API", "1 request", HTTP_API, lambda _: 1),
    Row("Lambda, requests", "1", LAMBDA_REQUEST, lambda _: 1),
    Row(
        "Lambda, time",
        f"({BILLED_SECONDS * 1e3:.0f} ms + cold starts × {COLD_SECONDS * 1e3:.0f} ms) × {MEMORY_GB} GB",
        LAMBDA_GB_SECOND,
        lambda month: (BILLED_SECONDS + cold_starts(month) * COLD_SECONDS) * MEMORY_GB,
    ),
    Row("SQS, send", f"{MESSAGE_UNITS} request", SQS_FIFO, lambda _: MESSAGE_UNITS),
    Row(
        "Logs of the functions",
        f"{FUNCTION_LINE_BYTES} + {EVENT_OVERHEAD} bytes",
        LOGS,
        lambda _: FUNCTION_LINE_BYTES + EVENT_OVERHEAD,
    ),
    Row(
        "Access log", f"{ACCESS_LINE_BYTES} + {EVENT_OVERHEAD} bytes", LOGS, lambda _: ACCESS_LINE_BYTES + EVENT_OVERHEAD
    ),
    Row("Secrets (SSM), decrypted by KMS", "1 for each cold start", KMS, cold_starts),
]

RECEIVE = [Row("SQS, receive and delete", "2 requests: a batch is one message", SQS_FIFO, lambda _: 2 * MESSAGE_UNITS)]

CONSUMER = [
    *RECEIVE,
    Row(
        "SQS, empty polls",
        f"{POLLERS} pollers, each every {POLL_SECONDS} s while no message comes",
        SQS_FIFO,
        lambda month: max(0.0, POLLERS * MONTH_SECONDS / POLL_SECONDS - month) / month,
    ),
    Row("Lambda, requests", "1", LAMBDA_REQUEST, lambda _: 1),
    Row(
        "Lambda, time",
        f"{CONSUMER_SECONDS * 1e3:.0f} ms × {MEMORY_GB} GB",
        LAMBDA_GB_SECOND,
        lambda _: CONSUMER_SECONDS * MEMORY_GB,
    ),
    Row("Log", f"{CONSUMER_LINE_BYTES} + {EVENT_OVERHEAD} bytes", LOGS, lambda _: CONSUMER_LINE_BYTES + EVENT_OVERHEAD),
    Row("DynamoDB, writes", f"{WRITE_UNITS} units", DYNAMODB_WRITE, lambda _: WRITE_UNITS),
    Row("DynamoDB, reads", f"{READ_UNITS} unit", DYNAMODB_READ, lambda _: READ_UNITS),
]

TRACES = Row("X-Ray", "first of each second, 5 % of the rest", XRAY, traced)


def total(rows: list[Row], month: int) -> float:
    return sum(row.usd(month) for row in rows)


def refused() -> float:
    """The cost of a webhook that is answered 401."""
    logs = REFUSED_LINE_BYTES + ACCESS_LINE_BYTES + 2 * EVENT_OVERHEAD
    return HTTP_API.each + LAMBDA_REQUEST.each + REFUSED_SECONDS * MEMORY_GB * LAMBDA_GB_SECOND.each + logs * LOGS.each


def fixed() -> float:
    return ALARMS * ALARM.each + len(METRICS) * METRIC.each


def dollars(usd: float) -> str:
    """Formats an amount rounded to cents."""
    return f"{int(usd * 100 + 0.5 + 1e-9) / 100:.2f}"


def cells(usd: Callable[[int], float], bold: bool = False) -> str:
    return " | ".join(f"**{dollars(usd(month))}**" if bold else dollars(usd(month)) for month in RATES)


def head(*columns: str) -> list[str]:
    names = [*columns, *(f"{month / 1e6:g} M" for month in RATES)]
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(columns)}{'--:|' * len(RATES)}"]


def table(rows: list[Row], sum_name: str) -> str:
    lines = [f"| {row.what} | {row.arithmetic} | {row.price} | {cells(row.usd)} |" for row in rows]
    last = f"| **{sum_name}** | | | {cells(lambda month: total(rows, month), bold=True)} |"
    return "\n".join([*head("", "of each webhook", "price"), *lines, last])


def sources() -> str:
    prices = [HTTP_API, LAMBDA_REQUEST, LAMBDA_GB_SECOND, SQS_FIFO, LOGS, METRIC, ALARM, KMS, XRAY, DYNAMODB_WRITE, DYNAMODB_READ]
    by_source: dict[Source, list[str]] = {}
    for price in prices:
        by_source.setdefault(price.source, []).append(f"${price.usd:.10g} {price.unit}")
    rows = [f"| [{page_name(source.page)}]({source.page}) | {'; '.join(quoted)} | {source.quoted_by} |" for source, quoted in by_source.items()]
    return "\n".join(["| AWS's page | prices | quoted by |", "|---|---|---|", *rows])


def page_name(page: str) -> str:
    return page.removeprefix("https://aws.amazon.com/").split("/")[0]


def document() -> str:
    bills = [
        ("to the queue", lambda month: total(INGEST, month) * month / 1e6),
        ("the sample consumer", lambda month: total(CONSUMER, month) * month / 1e6),
        ("alarms and metrics, at most", lambda _: fixed()),
    ]
    bill = "\n".join([*head("a month"), *(f"| {name} | {cells(usd)} |" for name, usd in bills)])
    traces = "\n".join(
        [
            *head("a million webhooks"),
            f"| traced | {' | '.join(f'{traced(month):.0%}' for month in RATES)} |",
            f"| {TRACES.price} | {cells(TRACES.usd)} |",
        ]
    )
    return f"""\
# Cost

List prices of {REGION} in USD, without the free tier. Prices change and differ by region: each price
links to AWS's page, and [the last section](#where-the-prices-are-from) names the page that it was last compared with.
[cost.py](cost.py) writes this page; change the quantities there to yours. The last four columns are numbers of webhooks a
month. Amounts are USD for a million webhooks, in the section [A month](#a-month) USD a month.

## A million webhooks, to the queue

{table(INGEST, "to the queue")}

Cold starts are taken to be {", ".join(f"{cold_starts(month):.1%}" for month in RATES)} of the webhooks. S3 is used only for
messages that SQS does not take. The log line of a webhook that someone must look at (refused, quarantined, stored) also has
metrics, some 180 bytes. A webhook without a valid proof costs ${refused() * 1e6:.2f} a million, and causes no call to AWS.

## A million webhooks, the sample consumer

{table(CONSUMER, "the sample consumer")}

A FIFO queue has no batch window, so Lambda gets one message at a time as long as there is no backlog. A consumer of your own
that pulls ten at a time pays {dollars(total(RECEIVE, RATES[0]) / 10)} instead of {dollars(total(RECEIVE, RATES[0]))} for receive and delete.

## A month

{bill}

| independent of the number of webhooks | | USD |
|---|---|--:|
| Alarms | {ALARMS} at {ALARM} | {dollars(ALARMS * ALARM.each)} |
| Metrics | {len(METRICS)} at {METRIC}, if each had data in every hour: {", ".join(METRICS)} | {dollars(len(METRICS) * METRIC.each)} |
| Dashboard | 1 of at most 50 metrics; an account's first three are free | 0.00 |
| **together** | | **{dollars(fixed())}** |

A metric costs nothing in an hour without data. Each CRM of `QuietVendors` is one more alarm. Webhooks by CRM, errors and
latency are AWS's own metrics of Lambda, API Gateway and SQS, which are free.

## With traces

`Tracing` is `PassThrough`: Lambda records nothing. With `Active` it traces the first request of each second and 5 % of the
rest, for each function, and the rate cannot be changed. With {VENDORS} CRMs that send equally often:

{traces}

## Where the prices are from

Compared on {CHECKED}. AWS's pages load their prices by script, so stored copies rarely contain them. Each price was
compared with another page that quotes it, with the date of that page. Look at AWS's own page before you rely on a price.

{sources()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether infra/COST.md is what this would write")
    text = document()
    if parser.parse_args().check:
        return 0 if COST_MD.read_text() == text else 1
    COST_MD.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
