"""What a page of the list costs as the number of photos grows."""

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import requests

from bench.backend import running
from bench.effort import Effort
from bench.repeat import percentile
from bench.report import Figure
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.row_keys import View
from local.azurite import Azurite
from tests.support.backend import Backend
from tests.support.many_photos import azurite_with


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure a page through the backend, and the same query without it: Azurite's own time grows
    with the rows of a table, that of Table Storage does not."""
    lines, medians = [], []
    for count in effort.pick((1_000, 100_000), (100, 1_000), (60, 120)):
        data = folder / f"pages-{count}"
        with running(folder, azurite_with(count, data)) as (azurite, backend):
            ours, stores = _page_times(azurite, backend, effort.pick(100, 20, 2))
        shutil.rmtree(data)
        p50, p95 = statistics.median(ours), percentile(ours, 95)
        own = statistics.median(stores)
        medians.append((p50, own))
        remark = f"p95 {p95 * 1000:.0f} ms; the store's own {own * 1000:.1f} ms"
        lines.append(Figure(f"a page of 50 of {count:,} photos", p50 * 1000, "ms", remark=remark))
    (few, own_few), (many, own_many) = medians
    growth = (many / few) / (own_many / own_few)
    what = "  growth, in terms of the store's own"
    return [*lines, Figure(what, growth, "times", 1.05, at_most=True)]


def _page_times(azurite: Azurite, backend: Backend, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of `rounds` pages through the backend and, alternating with them, of the
    index's query."""
    index = connect(Settings(azurite.connection_string)).index
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {backend.read_token}"

    def page() -> int:
        reply = session.get(f"{backend.base_url}/api/photos?limit=50", timeout=30)
        return len(reply.json()["photos"])

    return _alternating(page, lambda: len(index.query(View(), 51)) - 1, rounds)


def _alternating(
    one: Callable[[], int], other: Callable[[], int], rounds: int
) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for path, taken in zip((one, other), times, strict=True):
            start = time.perf_counter()
            found = path()
            taken.append(time.perf_counter() - start)
            if found != 50:
                raise RuntimeError(f"a page of 50 has {found}")
    return times
