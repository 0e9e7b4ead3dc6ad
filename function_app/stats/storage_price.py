"""What it costs to keep photos, by the price list that `make cost` reads too."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PRICES = Path(__file__).with_name("prices.json")
_GB = 10**9  # bytes


class StoragePrice(NamedTuple):
    """The price of a GB for a month; `date` is when the list was made, `region` for which one."""

    price: float
    currency: str
    date: str
    region: str

    def of(self, size: int) -> float:
        """Return what it costs to keep this many bytes for a month."""
        return size / _GB * self.price


@cache
def load_storage_price() -> StoragePrice:
    """Return the price of the list, read once."""
    content = json.loads(_PRICES.read_text("utf-8"))
    capacity = content["prices"]["capacity"]
    described = (content[name] for name in ("currency", "date", "region"))
    return StoragePrice(capacity["price"] / capacity["per"], *described)
