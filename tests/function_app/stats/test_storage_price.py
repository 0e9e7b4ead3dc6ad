"""What the statistics say of costs is what `make cost` says."""

import pytest

from function_app.stats.storage_price import load_storage_price
from infra.price_list import PRICES, Prices


def test_the_price_is_that_of_the_list() -> None:
    """And the list has no free amount of it, which a sum of some cameras could not tell."""
    prices, price = Prices.read(PRICES), load_storage_price()
    capacity = prices.prices["capacity"]
    assert capacity.free == 0
    assert capacity.unit == "GB-month"
    assert price.of(123_456_789_012) == pytest.approx(capacity.of(123.456789012))
    assert price[1:] == (prices.currency, prices.date, prices.region)
