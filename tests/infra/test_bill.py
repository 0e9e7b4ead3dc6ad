"""The monthly cost: rules for every use, and uses that were computed by hand."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bill import TRANSACTIONS, Transactions, Use, bill, total
from infra.cost_page import COMPARISON, DEFAULT_PACE, QUIET_PACE, TABLE, idle
from infra.price_list import PRICES, Prices
from local.processes import ROOT
from pi_uploader.settings import UploadSettings, load_settings

PRICE_LIST = Prices.read(PRICES)
COUNTS = Transactions.read(TRANSACTIONS)
NUMBERS = st.integers(0, 100_000).map(lambda number: number / 10)
USES = st.builds(
    Use,
    cameras=st.integers(1, 100_000),
    photos=NUMBERS,
    size=st.integers(1, 95_000_000),
    retention=st.integers(0, 3650),
    visits=NUMBERS,
    minutes=NUMBERS,
    heartbeat=st.integers(0, 86_400),
    poll=st.integers(0, 86_400),
    channels=st.integers(0, 10),
    soft_delete=st.integers(0, 365),
    memory=st.sampled_from([512, 2048, 4096]),
    concurrency=st.integers(1, 1000),
)
AMOUNTS = ["cameras", "photos", "size", "retention", "visits", "minutes", "soft_delete", "memory"]


def costs(use: Use) -> float:
    return total(bill(use, PRICE_LIST, COUNTS))


@given(USES, st.sampled_from(AMOUNTS), st.integers(1, 1000))
def test_more_never_costs_less(use: Use, what: str, by: int) -> None:
    more: dict[str, Any] = {what: getattr(use, what) + by}
    assert costs(replace(use, **more)) >= costs(use)


@given(USES)
def test_no_item_is_negative_and_they_add_up_to_the_total(use: Use) -> None:
    items = bill(use, PRICE_LIST, COUNTS)
    assert [item.price for item in items] == list(PRICE_LIST.prices.values())
    assert all(item.amount >= 0 and item.cost >= 0 for item in items)
    assert total(items) == pytest.approx(sum(item.cost for item in items))


@given(USES, st.integers(2, 50))
def test_cameras_together_cost_no_less_than_each_in_its_own_account(use: Use, times: int) -> None:
    """Amounts grow in proportion, and free amounts count once: cameras together never cost less
    than the same cameras, each with the free amounts of its own subscription, except for the
    timers, which they share. They share the instance that polls the queue, too, if people are
    told."""
    use = replace(use, channels=0)
    together = replace(use, cameras=use.cameras * times, visits=use.visits * times)
    page_full = use.cameras * use.photos * use.retention >= COUNTS.thumbnails_seen
    alone, all_together = bill(use, PRICE_LIST, COUNTS), bill(together, PRICE_LIST, COUNTS)
    idle = bill(replace(use, photos=0, visits=0), PRICE_LIST, COUNTS)
    idle_together = bill(replace(together, photos=0, visits=0), PRICE_LIST, COUNTS)
    if page_full:  # below that, more cameras fill the page further
        for one, no_one, all_, nobody in zip(alone, idle, all_together, idle_together, strict=True):
            is_log = one.price is PRICE_LIST.prices["logs"]
            most = use.log * PRICE_LIST.days_in_a_month if is_log else math.inf
            grown = (one.amount - no_one.amount) * times + nobody.amount
            if one.amount < most:  # an amount above the cap is cut to it
                assert all_.amount == pytest.approx(min(grown, most))
    shared = times * sum(item.amount * item.price.price / item.price.per for item in idle)
    assert costs(together) + shared >= costs(use) * times * (1 - 1e-9)


@given(USES)
def test_free_amounts_save_their_worth_at_most(use: Use) -> None:
    """Without them a month costs more, by their worth at most."""
    dear = replace(
        PRICE_LIST,
        prices={name: replace(one, free=0) for name, one in PRICE_LIST.prices.items()},
    )
    worth = sum(price.free / price.per * price.price for price in PRICE_LIST.prices.values())
    without = total(bill(use, dear, COUNTS))
    assert costs(use) <= without <= costs(use) + worth * (1 + 1e-9) + 1e-6 * without


@pytest.mark.parametrize(("amount", "cost"), [(0, 0), (250_000, 0), (1_250_000, 0.40)])
def test_only_executions_beyond_the_free_ones_are_paid(amount: float, cost: float) -> None:
    assert PRICE_LIST.prices["executions"].of(amount) == pytest.approx(cost)


def test_an_idle_system_costs_almost_nothing() -> None:
    """Only the timers' requests to tables, none of which is free."""
    assert costs(Use(photos=0, visits=0, heartbeat=0, poll=0)) == pytest.approx(
        (720 * 17 + 43_200 * 17) * 0.00036 / 10_000
    )


def test_an_idle_device_is_free_of_executions_and_memory_up_to_ten() -> None:
    """At the default pace, also with 50 photos a day from each and 10 visits."""
    for use in (*(idle(cameras, *DEFAULT_PACE) for cameras in range(1, 11)), TABLE[1]):
        items = {item.price: item for item in bill(use, PRICE_LIST, COUNTS)}
        for name in ("executions", "memory_time", "egress", "logs"):
            price = PRICE_LIST.prices[name]
            assert items[price].amount <= price.free, name


def test_a_small_site_with_notifications_stays_within_the_free_amounts() -> None:
    """Four cameras with 100 photos a day each, of which four people are told."""
    use = Use(cameras=4, photos=100, visits=4, channels=4)
    items = {item.price: item for item in bill(use, PRICE_LIST, COUNTS)}
    for name in ("executions", "memory_time", "egress", "logs"):
        price = PRICE_LIST.prices[name]
        assert items[price].amount <= price.free, name
    assert items[PRICE_LIST.prices["queue_requests"]].amount > 0


def test_without_channels_no_request_goes_to_the_queue() -> None:
    items = {item.price: item for item in bill(Use(), PRICE_LIST, COUNTS)}
    assert items[PRICE_LIST.prices["queue_requests"]].amount == 0


@pytest.mark.parametrize(("pace", "most"), [(DEFAULT_PACE, 0.20), (QUIET_PACE, 0.06)])
def test_the_cost_of_a_thousand_idle_devices(pace: tuple[int, int], most: float) -> None:
    """720 hours: each heartbeat is an execution of a second at 512 MB, and each poll a read."""
    hours, per_hour, polls = 720, 3600 // pace[0], 3600 // pace[1]
    calls = 1000 * hours * per_hour
    timers = 43_200 + hours + 30 / 7
    tables = 1000 * hours * (3 * (per_hour - 1) + 5) + hours * (15 + 2000) + 43_200 * 17
    seconds = calls + 43_200 + hours * 2015 * 0.01 + 30 / 7
    cost = (
        (calls + timers - 250_000) * 0.40 / 10**6
        + (seconds / 2 - 100_000) * 0.000026
        + tables * 0.036 / 10**6
        + 1000 * hours * polls * 0.0044 / 10**4
        + max(0, 1000 * hours * polls * 1000 / 10**9 - 100) * 0.087
    )
    assert costs(idle(1000, *pace)) == pytest.approx(cost)
    assert cost / 1000 <= most


def test_the_default_pace_is_that_of_the_device() -> None:
    defaults = load_settings(UploadSettings, {"CAMERA_UPLOAD": "off"})
    assert (defaults.heartbeat, defaults.poll) == DEFAULT_PACE


def test_the_amounts_of_one_camera_follow_from_its_use() -> None:
    """50 photos a day of 500 KB, 127 days of them, each with its thumbnail in it and deleted in the
    end; 4 visits a day of 50 thumbnails, 10 photos, each with its page, a day, the alerts, and 8
    looks; a timer each minute of 30 days, one each hour, and one each week."""
    items = {item.price.name: item for item in bill(Use(), PRICE_LIST, COUNTS)}
    amounts = {name: round(item.amount, 4) for name, item in items.items()}
    assert amounts == {
        "photos kept": 3.3338,  # GB
        "index rows kept": round(50 * 120 * 5500 / 1e9, 4),
        "blob writes and lists": 1500,
        "blob reads": 1500 + 120 * (50 + 10 + 10) + 720 * 180,
        "table requests": 1500 * (1 + 5 + 17)
        + 120 * (4 + 22 + 3 + 2 + 8 * 3 + 50 * 2 + 10 * 3 + 10 * 3)
        + 720 * (15 + 1 + 1)
        + 720 * (11 * 3 + 5)
        + 43_200 * 17,
        "queue requests": 0,
        "executions": round(
            1500 + 120 * (24 + 1 + 1 + 1 + 8 + 50 + 10 + 10) + 43_920 + 8640 + 30 / 7, 4
        ),
        "memory while executing": round(
            0.5 * (2 * 1500 + 120 * (3 + 1 + 1 + 1 + 8 + 7 + 20) + 43_920 + 8640 + 255 + 30 / 7), 4
        ),
        "traffic out of Azure": round(
            120 * (50 * 0.000025 + 10 * 0.0005 + 0.0001) + 720 * 180 / 10**6, 4
        ),
        "logs (Application Insights)": round(
            (1500 + 120 * 105 + 43_920 + 8640 + 30 / 7) * 3000 / 1e9, 4
        ),
    }
    assert items["photos kept"].cost == pytest.approx(3.33375 * 0.0208)


def test_the_log_is_billed_up_to_its_cap() -> None:
    """That of a thousand cameras, by hand: 13,333,924 executions a month of 3,000 bytes."""
    large = TABLE[-1]
    logs = [bill(replace(large, log=cap), PRICE_LIST, COUNTS)[-1] for cap in (0.1, 0.4, 0.6, 100)]
    assert [one.price.name for one in logs] == ["logs (Application Insights)"] * 4
    assert [one.amount for one in logs] == pytest.approx([3, 12, 18, 40.0018], abs=1e-4)
    assert [one.cost for one in logs] == pytest.approx(
        [0, 7 * 2.3, 13 * 2.3, 35.0018 * 2.3], abs=1e-3
    )
    template = json.loads((ROOT / "infra" / "main.json").read_text())
    assert Use().log == float(template["parameters"]["dailyLogGB"]["defaultValue"])


def test_the_order_of_magnitude() -> None:
    """As in the README, and as others computed for 100 photos and 10 visits."""
    assert 0.10 < costs(Use()) < 0.20
    assert 280 < costs(TABLE[-1]) < 350
    assert 0.20 < costs(COMPARISON) < 0.30


def test_every_price_has_a_name_a_unit_and_a_source() -> None:
    for price in PRICE_LIST.prices.values():
        assert price.name
        assert price.unit
        assert price.per >= 1
        assert price.price > 0
        assert price.source.startswith("https://azure.microsoft.com/pricing/details/")
    assert len(PRICE_LIST.date) == len("2026-11-21")


def test_an_edited_price_counts() -> None:
    edited = json.loads(PRICES.read_text())
    edited["prices"]["capacity"]["price"] *= 2
    kept = PRICE_LIST.prices["capacity"]
    dear = replace(
        PRICE_LIST, prices={**PRICE_LIST.prices, "capacity": replace(kept, price=0.0416)}
    )
    assert edited["prices"]["capacity"]["price"] == dear.prices["capacity"].price
    before, after = bill(Use(), PRICE_LIST, COUNTS)[0], bill(Use(), dear, COUNTS)[0]
    assert after.cost == pytest.approx(2 * before.cost)
