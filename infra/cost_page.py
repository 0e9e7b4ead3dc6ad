"""Write docs/cost.md from the price list and the texts of cost_page.md: `make cost-page`."""

import math
import sys
from dataclasses import replace
from pathlib import Path

from infra.bill import (
    QUEUE_AWAKE_SECONDS,
    QUEUE_POLL_SECONDS,
    SECONDS_PER_REQUEST,
    TRANSACTIONS,
    Transactions,
    Use,
    bill,
    cost_of,
    money,
    total,
)
from infra.cost import lines
from infra.price_list import GB, PRICES, Prices

TEMPLATE = Path(__file__).with_suffix(".md")
TABLE = (  # a home with one, a business with ten, an integrator whose customers look once a day
    Use(cameras=1, photos=50, visits=4),
    Use(cameras=10, photos=50, visits=10),
    Use(cameras=1000, photos=50, visits=1000),
)
COMPARISON = Use(cameras=1, photos=100, visits=10)
LARGE_INSTANCES = 2048  # MB
DEFAULT_PACE = (Use().heartbeat, Use().poll)  # seconds
QUIET_PACE = (900, 60)


# What the page calls the requests of an event, and the event in transactions.json.
REQUESTS_OF = {
    "stored": "photo stored",
    "first_stored": "photo stored by a new instance",
    "shown": "thumbnail shown",
    "made": "thumbnail made",
    "opened": "photo opened",
    "over": "photo's time over",
    "deleted": "photo deleted",
    "gallery": "gallery opened",
    "looked_again": "looked at again",
    "day": "day opened",
    "alerts": "alerts opened",
    "photo_page": "page of a photo opened",
    "again": "photo sent again",
    "commands_polled": "commands polled",
    "photo_asked_for": "photo asked for",
    "photo_of_a_command": "photo of a command stored",
    "live_sent": "live picture sent",
    "live_shown": "live picture shown",
    "looked_at": "camera looked at",
    "looking_over": "looking over",
    "queued": "photo queued",
    "notified_once": "photo told",
    "notified_further": "photo told in a further channel",
    "looked_for": "channels looked for",
    "queue_minute": "minutely look at the queue",
    "heartbeat": "heartbeat",
    "first_heartbeat": "first heartbeat of an hour",
}


def page(prices: Prices, transactions: Transactions) -> str:
    """Return the page as Markdown."""
    defaults = Use()
    requests = {name: _requests(transactions, event) for name, event in REQUESTS_OF.items()}
    return TEMPLATE.read_text().format(
        **requests,
        **_tables(prices, transactions),
        **_assumptions(prices, transactions),
        **_timers(prices, transactions),
        **_log(prices, transactions),
        currency=prices.currency,
        date=prices.date,
        where=prices.where,
        how_found=prices.how_found,
        million_requests=money(prices.prices["table_requests"].of(1_000_000)),
        one=money(_cost(defaults, prices, transactions)),
        large_photos=money(_cost(replace(defaults, size=4_000_000), prices, transactions)),
        live_minute=f"{live_minute(prices, transactions):.4f}",
        demanded=f"{photo_asked_for(prices, transactions):.5f}",
    )


def _cost(use: Use, prices: Prices, transactions: Transactions) -> float:
    return total(bill(use, prices, transactions))


def _tables(prices: Prices, transactions: Transactions) -> dict[str, str]:
    """Return the page's tables and lists."""
    bills = [
        "\n".join(
            [f"{use}:\n", *(f"    {line}".rstrip() for line in lines(use, prices, transactions))]
        )
        for use in TABLE
    ]
    sources = [
        f"- {price.name}: <{price.source}>" + (f" ({price.doubt})" if price.doubt else "")
        for price in prices.prices.values()
    ]
    return {
        "table": "\n".join(cost_rows(prices, transactions)),
        "bills": "\n\n".join(bills),
        "idle": "\n".join(idle_rows(prices, transactions)),
        "notified": "\n".join(notified_rows(prices, transactions)),
        "cheaper": "\n".join(cheaper_rows(prices, transactions)),
        "sources": "\n".join(sources),
    }


def _assumptions(prices: Prices, transactions: Transactions) -> dict[str, object]:
    """Return the numbers that were assumed, and those of a visit."""
    defaults = Use()
    return {
        "memory": defaults.memory,
        "large_instances": LARGE_INSTANCES,
        "soft_delete": defaults.soft_delete,
        "minutes": defaults.minutes,
        "concurrency": defaults.concurrency,
        "size": f"{defaults.size / 1000:g}",
        "thumbnail": f"{transactions.thumbnail_bytes / 1000:g}",
        "thumbnails_seen": transactions.thumbnails_seen,
        "photos_opened": transactions.photos_opened,
        "looks": transactions.seconds_between_looks,
        "poll_bytes": transactions.poll_bytes,
        "shortest": prices.shortest_execution_seconds,
        "per_request": SECONDS_PER_REQUEST,
        "queue_poll": QUEUE_POLL_SECONDS,
        "queue_awake": QUEUE_AWAKE_SECONDS // 60,
    }


def _timers(prices: Prices, transactions: Transactions) -> dict[str, object]:
    """Return what the timers do with one camera."""
    hourly = transactions.events["hourly cleanup"]["table_requests"]
    minutely = transactions.events["minutely count"]["table_requests"]
    hours = 24 * prices.days_in_a_month
    minutes = 60 * hours
    count_seconds = minutes * prices.shortest_execution_seconds
    requests = hours * (2 + hourly) + minutes * minutely
    return {
        "hourly": hourly,
        "minutely": minutely,
        "counted": transactions.events["photo counted"]["table_requests"],
        "timer_runs": f"{round(minutes + hours + prices.days_in_a_month / 7):,}",
        "timer_requests": money(prices.prices["table_requests"].of(requests)),
        "timer_memory": f"{count_seconds * Use().memory / 1024:,.0f}",
        "large_memory": f"{count_seconds * LARGE_INSTANCES / 1024:,.0f}",
    }


def _log(prices: Prices, transactions: Transactions) -> dict[str, object]:
    """Return what the daily cap of the log means, and what a thousand cameras log."""
    large, cap = TABLE[-1], Use().log
    calls = executions(large, prices, transactions)  # a day
    cap_calls = cap * GB / transactions.log_bytes_per_execution
    log = math.ceil(10 * calls * transactions.log_bytes_per_execution / GB) / 10
    uncapped = replace(large, log=log)
    more = _cost(uncapped, prices, transactions) - _cost(large, prices, transactions)
    return {
        "log": f"{transactions.log_bytes_per_execution:,}",
        "cap": cap,
        "capped": cap * prices.days_in_a_month,
        "silent_calls": f"{math.floor(cap_calls / 1000) * 1000:,}",
        "silent_cameras": f"{round(large.cameras * cap_calls / calls, -1):g}",
        "silent_hours": 24 * cap_calls / calls,
        "whole_cap": uncapped.log,
        "whole_log": money(more),
    }


def cost_rows(prices: Prices, transactions: Transactions) -> list[str]:
    """Return a table of what some uses cost."""

    def costs(use: Use) -> float:
        return _cost(use, prices, transactions)

    return [
        "| cameras | photos a day from each | visits a day | a month | for each camera "
        f"| with {LARGE_INSTANCES:,} MB |",
        "|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {use.cameras:,} | {use.photos:g} | {use.visits:,.0f} | **{money(costs(use))}** "
            f"| {money(costs(use) / use.cameras)} "
            f"| {money(costs(replace(use, memory=LARGE_INSTANCES)))} |"
            for use in (*TABLE, COMPARISON)
        ),
    ]


def cheaper_rows(prices: Prices, transactions: Transactions) -> list[str]:
    """Return a list of what makes a thousand cameras cheaper."""
    large = TABLE[-1]
    cost = money(_cost(large, prices, transactions))
    heartbeat, poll = QUIET_PACE
    changes = {
        "Photos kept for 30 days instead of 120": replace(large, retention=30),
        "Photos of 250 KB": replace(large, size=250_000),
        "Half the visits to the gallery": replace(large, visits=large.visits / 2),
        "A heartbeat every 15 minutes, and a poll every 60 s": replace(
            large, heartbeat=heartbeat, poll=poll
        ),
    }
    return [
        f"- {what}: {money(_cost(use, prices, transactions))} instead of {cost} for 1,000 cameras."
        for what, use in changes.items()
    ]


def executions(use: Use, prices: Prices, transactions: Transactions) -> float:
    """Return the number of executions a day."""
    month = next(
        item.amount
        for item in bill(use, prices, transactions)
        if item.price is prices.prices["executions"]
    )
    return month / prices.days_in_a_month


def idle_rows(prices: Prices, transactions: Transactions) -> list[str]:
    """Return a table of what devices cost that only report and look for commands."""
    rows = [
        "| cameras | heartbeat, poll | executions | GB-s | blob reads | a month | for each |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for heartbeat, poll in (DEFAULT_PACE, QUIET_PACE):
        for cameras in (1, 10, 1000):
            use = idle(cameras, heartbeat, poll)
            items = {item.price: item for item in bill(use, prices, transactions)}
            amounts = [
                f"{items[prices.prices[name]].amount:,.0f}"
                for name in ("executions", "memory_time", "blob_reads")
            ]
            cost = total(list(items.values()))
            rows.append(
                f"| {cameras:,} | {heartbeat // 60} min, {poll} s | {' | '.join(amounts)} "
                f"| {money(cost)} | {cost / cameras:.3f} |"
            )
    return rows


def notified_rows(prices: Prices, transactions: Transactions) -> list[str]:
    """Return a table of what it costs to tell people of photos."""
    rows = [
        "| cameras | channels | executions | GB-s | queue requests | a month |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for cameras, channels in ((1, 0), (1, 1), (4, 0), (4, 1), (4, 4), (10, 0), (10, 4)):
        use = Use(cameras=cameras, photos=100, visits=0, channels=channels)
        items = {item.price: item for item in bill(use, prices, transactions)}
        amounts = [
            f"{items[prices.prices[name]].amount:,.0f}"
            for name in ("executions", "memory_time", "queue_requests")
        ]
        cost = money(total(list(items.values())))
        rows.append(f"| {cameras} | {channels} | {' | '.join(amounts)} | {cost} |")
    return rows


def idle(cameras: int, heartbeat: int, poll: int) -> Use:
    """Return the use by cameras that take no photo, and that nobody looks at."""
    return Use(cameras=cameras, photos=0, visits=0, heartbeat=heartbeat, poll=poll)


def photo_asked_for(prices: Prices, transactions: Transactions) -> float:
    """Return the cost of a photo that a person asks for, with its arrival, without free amounts."""
    events = ("photo asked for", "photo of a command stored")
    return sum(cost_of(event, prices, transactions) for event in events)


def live_minute(prices: Prices, transactions: Transactions) -> float:
    """Return the cost of a minute in which one person sees a picture a second, without free
    amounts: each call is billed for the shortest time, and the device polls every 2 s."""
    events = {"live picture sent": 60, "live picture shown": 60, "commands polled": 30}
    events |= {"camera looked at": 1, "looking over": 1}
    return sum(times * cost_of(event, prices, transactions) for event, times in events.items())


def _requests(transactions: Transactions, event: str) -> str:
    """Return the requests of an event, such as `1 execution, 2 table requests`."""
    counts = [(kind.replace("_", " "), count) for kind, count in transactions.events[event].items()]
    return ", ".join(
        f"{count} {kind.removesuffix('s') if count == 1 else kind}" for kind, count in counts
    )


if __name__ == "__main__":
    sys.stdout.write(page(Prices.read(PRICES), Transactions.read(TRANSACTIONS)))
