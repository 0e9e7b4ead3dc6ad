"""Compute what Nightjar costs on Azure in a month, item by item.

    python -m infra.cost --cameras 10 --photos 50 --size 500KB --retention 120d --visits 4

Edit the prices in function_app/stats/prices.json. The requests that each event causes are in
transactions.json, which tests measure. Where something is uncertain, the higher cost is used.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence

from infra.bill import TRANSACTIONS, Transactions, Use, bill, money, total
from infra.price_list import GB, PRICES, Prices

_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": GB}
_DAYS = {"d": 1, "w": 7, "y": 365}
_SECONDS = {"s": 1, "m": 60, "h": 3600}


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


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:,.2f}"


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
