"""Compute what Nightjar costs on Azure in a month, item by item.

    python -m infra.cost --cameras 10 --photos 50 --size 500KB --retention 120d --visits 4

Edit the prices in function_app/stats/prices.json. The requests that each event causes are in
transactions.json, which tests measure. Where something is uncertain, the higher cost is used.
"""

import argparse
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.price_list import GB, PRICES, Price, Prices

HERE = Path(__file__).parent
TRANSACTIONS = HERE / "transactions.json"
_TEMPLATE = json.loads((HERE / "main.json").read_text())

_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": GB}
_DAYS = {"d": 1, "w": 7, "y": 365}
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Transactions:
    """The number of requests that each event causes, by kind, and the sizes of what it sends."""

    events: Mapping[str, Mapping[str, int]]
    thumbnails_seen: int
    photos_opened: int
    seconds_between_looks: int
    row_bytes_per_photo: int
    page_bytes: int
    poll_bytes: int
    thumbnail_bytes: int
    log_bytes_per_execution: int

    @classmethod
    def read(cls, file: Path) -> "Transactions":
        """Return the counts in a file laid out as transactions.json."""
        content = json.loads(file.read_text())
        content.pop("about")
        return cls(**content)


QUEUE_AWAKE_SECONDS = 600  # an instance polls the queue this long after a message; assumed
QUEUE_POLL_SECONDS = 2  # maxPollingInterval of host.json
REQUESTS = ("blob_writes", "blob_reads", "table_requests", "queue_requests")
SECONDS_PER_REQUEST = 0.01  # of a timer, which sends one after the other; assumed


@dataclass(frozen=True)
class Use:
    """How Nightjar is used: `photos` a day from each camera, of `size` bytes each, kept for
    `retention` days and recoverable for `soft_delete` more; `visits` to the gallery a day, of all
    users together, of `minutes` each. An instance has `memory` MB and answers `concurrency` calls
    at once. The log is capped at `log` GB a day. Each camera is a device of its own, which sends a
    heartbeat every `heartbeat` seconds and looks for commands every `poll`; 0 means never. People
    have `channels` in which they are told of each camera; 0 means that nobody is told.
    """

    cameras: int = 1
    photos: float = 50
    size: int = 500_000
    retention: int = 120
    visits: float = 4
    minutes: float = 2
    soft_delete: int = 7
    memory: int = int(_TEMPLATE["parameters"]["instanceMemoryMB"]["defaultValue"])
    concurrency: int = int(_TEMPLATE["parameters"]["concurrency"]["defaultValue"])
    log: float = float(_TEMPLATE["parameters"]["dailyLogGB"]["defaultValue"])
    heartbeat: int = 300  # of CAMERA_HEARTBEAT
    poll: int = 20  # of CAMERA_POLL
    channels: int = 0

    def __str__(self) -> str:
        return (
            f"{_count(self.cameras, 'camera')}, {self.photos:,g} photos a day from each, "
            f"{_size(self.size)} a photo, kept {_count(self.retention, 'day')}; "
            f"{self.visits:,g} visits to the gallery a day"
        )


@dataclass(frozen=True)
class Item:
    """One line of the bill: an amount for a month, and its price."""

    price: Price
    amount: float

    @property
    def cost(self) -> float:
        return self.price.of(self.amount)


def bill(use: Use, prices: Prices, transactions: Transactions) -> list[Item]:
    """Return the items of a month in which the oldest photos reach their retention; earlier months
    cost less."""
    month = prices.days_in_a_month
    per_day = use.cameras * use.photos
    kept = per_day * use.retention
    thumbnails = min(kept, transactions.thumbnails_seen)
    opened = min(kept, transactions.photos_opened)
    looks = math.floor(use.minutes * 60 / transactions.seconds_between_looks)
    visits = use.visits * month
    hours, weeks, minutes = 24 * month, month / 7, 24 * 60 * month
    # Those that uploads carry are counted as if they were sent alone.
    heartbeats = use.cameras * minutes * 60 / use.heartbeat if use.heartbeat else 0
    first_heartbeats = min(heartbeats, use.cameras * hours)

    notified = per_day * month if use.channels else 0

    occurrences = {
        "photo stored": per_day * month,
        "gallery opened": visits,
        "signed in": visits,
        "day opened": visits,
        "alerts opened": visits,
        "looked at again": visits * looks,
        "thumbnail shown": visits * thumbnails,
        "page of a photo opened": visits * opened,
        "photo opened": visits * opened,
        "photo's time over": per_day * month,
        "photo counted": per_day * month,
        "heartbeat": heartbeats - first_heartbeats,
        "first heartbeat of an hour": first_heartbeats,
        "commands polled": use.cameras * minutes * 60 / use.poll if use.poll else 0,
    }
    requests: dict[str, float] = defaultdict(float)
    for event, times in occurrences.items():
        for kind, number in transactions.events[event].items():
            requests[kind] += times * number
    if use.channels:
        # Each photo is assumed to be told of alone, in each channel: intervals and rules only make
        # it less. An instance polls the queue for a while after each message.
        for event, times in (
            ("photo queued", notified),
            ("photo told", notified),
            ("photo told in a further channel", notified * (use.channels - 1)),
            ("channels looked for", minutes + notified),
            ("minutely look at the queue", minutes),
        ):
            for kind, number in transactions.events[event].items():
                requests[kind] += times * number
        awake = min(minutes * 60, notified * QUEUE_AWAKE_SECONDS)
        requests["queue_requests"] += awake / QUEUE_POLL_SECONDS
    # Each photo is assumed to arrive alone, and its deletion to take as long. The simultaneous
    # requests of a visit share an instance, up to its concurrency.
    waves = [
        math.ceil(transactions.events["gallery opened"]["executions"] / use.concurrency),
        transactions.events["signed in"]["executions"],
        transactions.events["day opened"]["executions"],
        transactions.events["alerts opened"]["executions"],
        looks,
        math.ceil(thumbnails / use.concurrency),
        2 * opened,
    ]
    # The timers also run without any photo; the hourly one sends one request for each camera, and
    # one for its device.
    count = transactions.events["minutely count"]["table_requests"]
    requests["executions"] += minutes
    requests["table_requests"] += minutes * count
    hourly = transactions.events["hourly cleanup"]["table_requests"] + 2 * use.cameras
    requests["executions"] += hours + weeks
    requests["table_requests"] += hours * hourly
    min_seconds = prices.shortest_execution_seconds
    seconds = (
        2 * per_day * month + notified + heartbeats + visits * sum(waves) + weeks
    ) * min_seconds
    seconds += hours * max(min_seconds, hourly * SECONDS_PER_REQUEST)
    counted = transactions.events["photo counted"]["table_requests"]
    seconds += minutes * max(min_seconds, count * SECONDS_PER_REQUEST)
    seconds += per_day * month * counted * SECONDS_PER_REQUEST
    amounts = {
        "capacity": per_day
        * (use.retention + use.soft_delete)
        * (use.size + transactions.thumbnail_bytes)  # a photo contains its thumbnail
        / GB,
        "rows": kept * transactions.row_bytes_per_photo / GB,
        **{kind: requests[kind] for kind in REQUESTS},
        "executions": requests["executions"],
        "memory_time": seconds * use.memory / 1024,
        "egress": (
            visits
            * (
                thumbnails * transactions.thumbnail_bytes
                + opened * use.size
                + transactions.page_bytes
            )
            + occurrences["commands polled"] * transactions.poll_bytes
        )
        / GB,
        "logs": min(
            requests["executions"] * transactions.log_bytes_per_execution / GB, use.log * month
        ),
    }
    return [Item(prices.prices[name], amount) for name, amount in amounts.items()]


def total(items: Sequence[Item]) -> float:
    """Return the sum of the bill."""
    return sum(item.cost for item in items)


def lines(use: Use, prices: Prices, transactions: Transactions) -> list[str]:
    """Return the lines of the bill as a table."""
    items = bill(use, prices, transactions)
    rows = [("", "amount", "of it free", f"price in {prices.currency}", "a month")]
    for item in items:
        price = item.price
        per = "a" if price.per == 1 else f"for {price.per:,.0f}"
        rows.append(
            (
                price.name,
                f"{_amount(item.amount)} {price.unit}",
                f"{price.free:,.0f}" if price.free else "-",
                f"{price.price:.10f}".rstrip("0").ljust(4, "0") + f" {per} {price.unit}",
                money(item.cost),
            )
        )
    rows.append(("in all", "", "", "", money(total(items))))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    align: list[Callable[[str, int], str]] = [str.ljust, str.rjust, str.rjust, str.ljust, str.rjust]
    return [
        "  ".join(pad(text, width) for pad, text, width in zip(align, row, widths, strict=True))
        for row in rows
    ]


def money(sum_: float) -> str:
    """Return a sum to the cent; a sum below one cent is not shown as 0.00."""
    return f"{sum_:,.2f}" if sum_ == 0 or sum_ >= 0.005 else "< 0.01"


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:,.2f}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size / 1000:g} KB" if size < 10**6 else f"{size / 10**6:g} MB"


def parse_size(text: str) -> int:
    """Return the bytes in `500KB`, `2.5MB` or `500000`. Raises ArgumentTypeError."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(B|KB|MB|GB)?", text.strip(), re.I)
    size = round(float(match[1]) * _SIZES[(match[2] or "B").upper()]) if match else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a size such as 500KB or 2.5MB")
    return size


def parse_days(text: str) -> int:
    """Return the days in `120d`, `8w`, `1y` or `120`. Raises ArgumentTypeError."""
    match = re.fullmatch(r"([0-9]{1,5})([dwy])?", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} must be a time such as 120d, 8w or 1y")
    return int(match[1]) * _DAYS[match[2] or "d"]


def parse_seconds(text: str) -> int:
    """Return the seconds in `20s`, `5m`, `1h` or `20`. Raises ArgumentTypeError."""
    match = re.fullmatch(r"([0-9]{1,5})([smh])?", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} must be a time such as 20s or 5m")
    return int(match[1]) * _SECONDS[match[2] or "s"]


def _parse_count(text: str) -> int:
    number = _parse_number(text)
    if number < 1 or number != int(number):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of 1 or more")
    return int(number)


def _parse_number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a number of 0 or more")
    return float(text)


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; defaults are those of `Use`."""
    defaults = Use()
    parser = argparse.ArgumentParser(
        prog="python -m infra.cost",
        description="What Nightjar costs on Azure in a month, from function_app/stats/prices.json "
        "and the counts in infra/transactions.json.",
    )
    add = parser.add_argument
    add("--cameras", type=_parse_count, default=defaults.cameras, metavar="N")
    add(
        "--photos",
        type=_parse_number,
        default=defaults.photos,
        help="a day, from each",
        metavar="N",
    )
    add("--size", type=parse_size, default=defaults.size, help="of a photo: 500KB, 2.5MB")
    add(
        "--retention",
        type=parse_days,
        default=defaults.retention,
        help="of photos: 120d, 1y",
    )
    add(
        "--visits",
        type=_parse_number,
        default=defaults.visits,
        help="to the gallery a day, of all users together",
        metavar="N",
    )
    add("--minutes", type=_parse_number, default=defaults.minutes, help="of a visit", metavar="N")
    add(
        "--soft-delete",
        type=parse_days,
        default=defaults.soft_delete,
        help="how long a deleted photo can be recovered, and is paid for (7d)",
        metavar="TIME",
    )
    add(
        "--memory",
        type=int,
        choices=(512, 2048, 4096),
        default=defaults.memory,
        help=f"of an instance, in MB ({defaults.memory})",
    )
    add(
        "--concurrency",
        type=_parse_count,
        default=defaults.concurrency,
        help="calls that one instance answers at once (8)",
        metavar="N",
    )
    add(
        "--log",
        type=_parse_number,
        default=defaults.log,
        help=f"the daily cap of the log ({defaults.log:g}), as set by deploy.sh",
        metavar="GB",
    )
    add(
        "--heartbeat",
        type=parse_seconds,
        default=defaults.heartbeat,
        help="the time between two heartbeats of a device: 5m, 300s; 0 for none (5m)",
        metavar="TIME",
    )
    add(
        "--poll",
        type=parse_seconds,
        default=defaults.poll,
        help="the time between two looks of a device for commands; 0 for none (20s)",
        metavar="TIME",
    )
    add(
        "--channels",
        type=int,
        choices=range(1000),
        default=defaults.channels,
        help="in which people are told of each photo; 0 for none (0)",
        metavar="N",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Print the bill for the use that the arguments describe."""
    args = vars(argument_parser().parse_args(argv))
    prices, transactions = Prices.read(PRICES), Transactions.read(TRANSACTIONS)
    use = Use(**args)
    print(f"{use}.")
    where = f"function_app/stats/prices.json, {prices.where}"
    print(f"Prices of {prices.date} in {where}. {prices.how_found}\n")
    print("\n".join(lines(use, prices, transactions)))
    print("\ndocs/cost.md says on what these numbers are based.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
