"""The bill of a month on Azure, item by item, for a way to use Nightjar."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.price_list import GB, Price, Prices

HERE = Path(__file__).parent
TRANSACTIONS = HERE / "transactions.json"
_TEMPLATE = json.loads((HERE / "main.json").read_text())


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
    month = _Month(use, prices, transactions)
    requests = month.requests()
    amounts = {
        "capacity": month.stored_bytes() / GB,
        "rows": month.kept * transactions.row_bytes_per_photo / GB,
        **{kind: requests[kind] for kind in REQUESTS},
        "executions": requests["executions"],
        "memory_time": month.seconds() * use.memory / 1024,
        "egress": month.egress_bytes() / GB,
        "logs": min(
            requests["executions"] * transactions.log_bytes_per_execution / GB, use.log * month.days
        ),
    }
    return [Item(prices.prices[name], amount) for name, amount in amounts.items()]


class _Month:
    """What happens in a month, and what that amounts to."""

    def __init__(self, use: Use, prices: Prices, transactions: Transactions) -> None:
        self._use = use
        self._min_seconds = prices.shortest_execution_seconds
        self._transactions = transactions
        self._events = transactions.events
        self.days = prices.days_in_a_month
        self.hours, self.minutes, self.weeks = 24 * self.days, 24 * 60 * self.days, self.days / 7
        self.photos = use.cameras * use.photos * self.days
        self.kept = use.cameras * use.photos * use.retention
        self.notified = self.photos if use.channels else 0
        self.visits = use.visits * self.days
        self.thumbnails = min(self.kept, transactions.thumbnails_seen)  # in a visit
        self.opened = min(self.kept, transactions.photos_opened)  # in a visit
        self.looks = math.floor(use.minutes * 60 / transactions.seconds_between_looks)  # likewise
        # Those that uploads carry are counted as if they were sent alone.
        self.heartbeats = use.cameras * self.minutes * 60 / use.heartbeat if use.heartbeat else 0
        self.polls = use.cameras * self.minutes * 60 / use.poll if use.poll else 0

    def occurrences(self) -> dict[str, float]:
        """Return how often each event happens, without the timers."""
        first_heartbeats = min(self.heartbeats, self._use.cameras * self.hours)
        events = {
            "photo stored": self.photos,
            "gallery opened": self.visits,
            "signed in": self.visits,
            "day opened": self.visits,
            "alerts opened": self.visits,
            "looked at again": self.visits * self.looks,
            "thumbnail shown": self.visits * self.thumbnails,
            "page of a photo opened": self.visits * self.opened,
            "photo opened": self.visits * self.opened,
            "photo's time over": self.photos,
            "photo counted": self.photos,
            "heartbeat": self.heartbeats - first_heartbeats,
            "first heartbeat of an hour": first_heartbeats,
            "commands polled": self.polls,
        }
        return events | self._notifications() if self._use.channels else events

    def _notifications(self) -> dict[str, float]:
        """Return how often each event of notifications happens. Each photo is assumed to be told of
        alone, in each channel: intervals and rules only make it less."""
        return {
            "photo queued": self.notified,
            "photo told": self.notified,
            "photo told in a further channel": self.notified * (self._use.channels - 1),
            "channels looked for": self.minutes + self.notified,
            "minutely look at the queue": self.minutes,
        }

    def requests(self) -> Mapping[str, float]:
        """Return the requests of each kind, and the executions."""
        requests: dict[str, float] = defaultdict(float)
        for event, times in self.occurrences().items():
            for kind, number in self._events[event].items():
                requests[kind] += times * number
        # An instance polls the queue for a while after each message.
        awake = min(self.minutes * 60, self.notified * QUEUE_AWAKE_SECONDS)
        requests["queue_requests"] += awake / QUEUE_POLL_SECONDS
        requests["executions"] += self.minutes + self.hours + self.weeks  # of the timers
        requests["table_requests"] += self.minutes * self._requests_a_minute
        requests["table_requests"] += self.hours * self._requests_an_hour
        return requests

    def seconds(self) -> float:
        """Return how long executions take. Each photo is assumed to arrive alone, and its deletion
        to take as long."""
        executions = (
            2 * self.photos
            + self.notified
            + self.heartbeats
            + self.visits * self._executions_of_a_visit()
            + self.weeks
        )
        seconds = executions * self._min_seconds
        seconds += self.hours * self._timer_seconds(self._requests_an_hour)
        seconds += self.minutes * self._timer_seconds(self._requests_a_minute)
        counted = self._events["photo counted"]["table_requests"]
        return seconds + self.photos * counted * SECONDS_PER_REQUEST

    def _executions_of_a_visit(self) -> float:
        """Return how many executions of a visit do not run beside each other: its simultaneous
        requests share an instance, up to its concurrency."""
        concurrency = self._use.concurrency
        return (
            math.ceil(self._events["gallery opened"]["executions"] / concurrency)
            + self._events["signed in"]["executions"]
            + self._events["day opened"]["executions"]
            + self._events["alerts opened"]["executions"]
            + self.looks
            + math.ceil(self.thumbnails / concurrency)
            + 2 * self.opened
        )

    def _timer_seconds(self, requests: int) -> float:
        return max(self._min_seconds, requests * SECONDS_PER_REQUEST)

    @property
    def _requests_a_minute(self) -> int:
        """The requests of the minutely timer, which also runs without any photo."""
        return self._events["minutely count"]["table_requests"]

    @property
    def _requests_an_hour(self) -> int:
        """The requests of the hourly timer: it sends one for each camera, and one for its
        device."""
        return self._events["hourly cleanup"]["table_requests"] + 2 * self._use.cameras

    def stored_bytes(self) -> float:
        """Return the size of the photos. Each contains its thumbnail."""
        use, per_photo = self._use, self._use.size + self._transactions.thumbnail_bytes
        return use.cameras * use.photos * (use.retention + use.soft_delete) * per_photo

    def egress_bytes(self) -> float:
        """Return what is sent to browsers and devices."""
        visit = (
            self.thumbnails * self._transactions.thumbnail_bytes
            + self.opened * self._use.size
            + self._transactions.page_bytes
        )
        return self.visits * visit + self.polls * self._transactions.poll_bytes


def total(items: Sequence[Item]) -> float:
    """Return the sum of the bill."""
    return sum(item.cost for item in items)


def money(sum_: float) -> str:
    """Return a sum to the cent; a sum below one cent is not shown as 0.00."""
    return f"{sum_:,.2f}" if sum_ == 0 or sum_ >= 0.005 else "< 0.01"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size / 1000:g} KB" if size < 10**6 else f"{size / 10**6:g} MB"


def cost_of(event: str, prices: Prices, transactions: Transactions) -> float:
    """Return the cost of an event at the default instance size, without free amounts."""
    counts = transactions.events[event]
    seconds = counts.get("executions", 0) * prices.shortest_execution_seconds
    amounts: dict[str, float] = {
        kind: count for kind, count in counts.items() if kind != "blob_deletes"
    }
    amounts |= {"memory_time": seconds * Use().memory / 1024}
    return sum(
        amount / prices.prices[kind].per * prices.prices[kind].price
        for kind, amount in amounts.items()
    )
