"""The prices of Azure, as prices.json lists them: a file of the app, whose statistics show some."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PRICES = Path(__file__).parents[1] / "function_app" / "stats" / "prices.json"
GB = 10**9  # bytes


@dataclass(frozen=True)
class Price:
    """The `price` of `per` units; the first `free` units of a month cost nothing. `doubt` says what
    is uncertain about it."""

    name: str
    unit: str
    price: float
    per: float
    free: float
    source: str
    doubt: str | None = None

    def of(self, amount: float) -> float:
        """Return the cost of this amount in a month."""
        return max(0.0, amount - self.free) / self.per * self.price


@dataclass(frozen=True)
class Prices:
    """The price list; `prices` has each price by its name in the code."""

    date: str
    currency: str
    region: str
    where: str
    how_found: str
    shortest_execution_seconds: float
    days_in_a_month: float
    prices: Mapping[str, Price]

    @classmethod
    def read(cls, file: Path) -> "Prices":
        """Return the price list in a file laid out as prices.json."""
        content = json.loads(file.read_text())
        content.pop("about")
        prices = {name: Price(**price) for name, price in content.pop("prices").items()}
        return cls(prices=prices, **content)
