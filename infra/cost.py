"""What Nightjar costs on Azure in a month, item by item.

    python -m infra.cost --cameras 10 --photos 50 --size 500KB --retention 120d --visits 4

The prices are in prices.json, to be edited; how many requests each thing takes is in
transactions.json, which tests measure. Where something is uncertain, the dearer way is taken.
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

HERE = Path(__file__).parent
PRICES = HERE / "prices.json"
TRANSACTIONS = HERE / "transactions.json"
_TEMPLATE = json.loads((HERE / "main.json").read_text())

GB = 10**9
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": GB}
_DAYS = {"d": 1, "w": 7, "y": 365}


@dataclass(frozen=True)
class Price:
    """So much for `per` units, of which the first `free` of a month cost nothing."""

    name: str
    unit: str
    price: float
    per: float
    free: float
    source: str
    doubt: str | None = None

    def of(self, amount: float) -> float:
        return max(0.0, amount - self.free) / self.per * self.price


@dataclass(frozen=True)
class Prices:
    """The price list, by the names that the items have here."""

    date: str
    currency: str
    where: str
    how_found: str
    shortest_execution_seconds: float
    days_in_a_month: float
    prices: Mapping[str, Price]

    @classmethod
    def read(cls, file: Path) -> "Prices":
        said = json.loads(file.read_text())
        said.pop("about")
        prices = {name: Price(**price) for name, price in said.pop("prices").items()}
        return cls(prices=prices, **said)


@dataclass(frozen=True)
class Transactions:
    """How many requests each event takes, by kind."""

    events: Mapping[str, Mapping[str, int]]
    photos_on_a_page: int
    photos_opened: int
    seconds_between_looks: int
    seconds_between_looks_at_alerts: int
    row_bytes_per_photo: int
    page_bytes: int
    thumbnail_bytes: int
    log_bytes_per_execution: int

    @classmethod
    def read(cls, file: Path) -> "Transactions":
        said = json.loads(file.read_text())
        said.pop("about")
        return cls(**said)


SECONDS_PER_REQUEST = 0.01  # of a timer, which makes one after the other; assumed


@dataclass(frozen=True)
class Use:
    """How Nightjar is used: `photos` a day of each camera, each of `size` bytes, kept for
    `retention` days and recoverable for `soft_delete` days more; `visits` to the gallery a day, by
    everybody together, of `minutes` each. `memory` of an instance is in MB, `concurrency` how many
    calls one answers at once. The log takes `log` GB a day and no more.
    """

    cameras: int = 1
    photos: float = 50
    size: int = 500_000
    retention: int = 120
    visits: float = 4
    minutes: float = 2
    soft_delete: int = 7
    memory: int = 2048
    concurrency: int = 8
    log: float = float(_TEMPLATE["parameters"]["dailyLogGB"]["defaultValue"])

    def __str__(self) -> str:
        return (
            f"{_count(self.cameras, 'camera')}, {self.photos:,g} photos a day from each, "
            f"{_size(self.size)} a photo, kept {_count(self.retention, 'day')}; "
            f"{self.visits:,g} visits to the gallery a day"
        )


@dataclass(frozen=True)
class Item:
    """One line of the bill."""

    price: Price
    amount: float

    @property
    def cost(self) -> float:
        return self.price.of(self.amount)


def bill(use: Use, prices: Prices, transactions: Transactions) -> list[Item]:
    """What a month costs once the oldest photo is as old as it gets; before, it is less."""
    month = prices.days_in_a_month
    a_day = use.cameras * use.photos
    kept = a_day * use.retention
    shown = min(kept, transactions.photos_on_a_page)
    opened = min(kept, transactions.photos_opened)
    looks = 1 + math.floor(use.minutes * 60 / transactions.seconds_between_looks)
    every = transactions.seconds_between_looks_at_alerts
    looks_at_alerts = 1 + math.floor(use.minutes * 60 / every)
    visits = use.visits * month

    happens = {
        "photo stored": a_day * month,
        "gallery opened": visits,
        "signed in": visits,
        "cameras asked for": visits,
        "list looked at": visits * looks,
        "alerts looked at": visits * looks_at_alerts,
        "thumbnail made": a_day * month if visits else 0,
        "thumbnail shown": visits * shown,
        "photo opened": visits * opened,
        "photo's time over": a_day * month,
    }
    requests: dict[str, float] = defaultdict(float)
    for event, times in happens.items():
        for kind, count in transactions.events[event].items():
            requests[kind] += times * count
    # A photo comes alone, and its deletion is reckoned to take as long. What a visit asks for at
    # once shares an instance, as far as it may.
    waves = [
        math.ceil(transactions.events["gallery opened"]["executions"] / use.concurrency),
        transactions.events["signed in"]["executions"],
        transactions.events["cameras asked for"]["executions"],
        looks + looks_at_alerts,
        math.ceil(shown / use.concurrency),
        opened,
    ]
    # The timers run whether anything happens or not; the hourly one asks once for each camera.
    hours, weeks = 24 * month, month / 7
    hourly = transactions.events["hourly cleanup"]["table_requests"] + use.cameras
    requests["executions"] += hours + weeks
    requests["table_requests"] += hours * hourly
    shortest = prices.shortest_execution_seconds
    seconds = (2 * a_day * month + visits * sum(waves) + weeks) * shortest
    seconds += hours * max(shortest, hourly * SECONDS_PER_REQUEST)
    amounts = {
        "capacity": a_day
        * (use.retention + use.soft_delete)
        * (use.size + transactions.thumbnail_bytes)
        / GB,
        "rows": kept * transactions.row_bytes_per_photo / GB,
        **{kind: requests[kind] for kind in ("blob_writes", "blob_reads", "table_requests")},
        "executions": requests["executions"],
        "memory_time": seconds * use.memory / 1024,
        "egress": visits
        * (shown * transactions.thumbnail_bytes + opened * use.size + transactions.page_bytes)
        / GB,
        "logs": min(
            requests["executions"] * transactions.log_bytes_per_execution / GB, use.log * month
        ),
    }
    return [Item(prices.prices[name], amount) for name, amount in amounts.items()]


def total(items: Sequence[Item]) -> float:
    return sum(item.cost for item in items)


def lines(use: Use, prices: Prices, transactions: Transactions) -> list[str]:
    """The bill as a person reads it."""
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
        "  ".join(put(text, width) for put, text, width in zip(align, row, widths, strict=True))
        for row in rows
    ]


def money(sum_: float) -> str:
    """A sum to the cent; what is less than one is not called nothing."""
    return f"{sum_:,.2f}" if sum_ == 0 or sum_ >= 0.005 else "< 0.01"


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:,.2f}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size / 1000:g} KB" if size < 10**6 else f"{size / 10**6:g} MB"


def parse_size(text: str) -> int:
    """Bytes in `500KB`, `2.5MB` or `500000`. Raises ArgumentTypeError."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(B|KB|MB|GB)?", text.strip(), re.I)
    size = round(float(match[1]) * _SIZES[(match[2] or "B").upper()]) if match else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 500KB or 2.5MB")
    return size


def parse_days(text: str) -> int:
    """Days in `120d`, `8w`, `1y` or `120`. Raises ArgumentTypeError."""
    match = re.fullmatch(r"([0-9]{1,5})([dwy])?", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 120d, 8w or 1y")
    return int(match[1]) * _DAYS[match[2] or "d"]


def _parse_count(text: str) -> int:
    number = _parse_number(text)
    if number < 1 or number != int(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(number)


def _parse_number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return float(text)


def parser() -> argparse.ArgumentParser:
    """The command's words; what is left out is as in `Use`."""
    usual = Use()
    made = argparse.ArgumentParser(
        prog="python -m infra.cost",
        description="What Nightjar costs on Azure in a month, from infra/prices.json and the "
        "counts in infra/transactions.json.",
    )
    add = made.add_argument
    add("--cameras", type=_parse_count, default=usual.cameras, metavar="N")
    add("--photos", type=_parse_number, default=usual.photos, help="a day, from each", metavar="N")
    add("--size", type=parse_size, default=usual.size, help="of a photo: 500KB, 2.5MB")
    add("--retention", type=parse_days, default=usual.retention, help="kept so long: 120d, 1y")
    add(
        "--visits",
        type=_parse_number,
        default=usual.visits,
        help="to the gallery a day, by everybody together",
        metavar="N",
    )
    add("--minutes", type=_parse_number, default=usual.minutes, help="of a visit", metavar="N")
    add(
        "--soft-delete",
        type=parse_days,
        default=usual.soft_delete,
        help="how long a deleted photo can be had back, and is paid for (7d)",
        metavar="TIME",
    )
    add(
        "--memory",
        type=int,
        choices=(512, 2048, 4096),
        default=usual.memory,
        help="of an instance, in MB (2048)",
    )
    add(
        "--concurrency",
        type=_parse_count,
        default=usual.concurrency,
        help="calls that one instance answers at once (8)",
        metavar="N",
    )
    add(
        "--log",
        type=_parse_number,
        default=usual.log,
        help=f"the daily cap of the log ({usual.log:g}), as deploy.sh has it",
        metavar="GB",
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    words = vars(parser().parse_args(argv))
    prices, transactions = Prices.read(PRICES), Transactions.read(TRANSACTIONS)
    use = Use(**words)
    print(f"{use}.")
    print(f"Prices of {prices.date} in infra/prices.json, {prices.where}. {prices.how_found}\n")
    print("\n".join(lines(use, prices, transactions)))
    print("\ndocs/cost.md says what these numbers rest on.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
