"""How fast a backlog is uploaded: to the real backend, and over a line with latency."""

import shutil
from collections.abc import Callable
from pathlib import Path

from bench.clients import DEVICE, Client, drain, filled, keep_alive, ordinary_client, server
from bench.effort import Effort
from bench.repeat import in_turns, seconds
from bench.report import Figure
from local.azurite import Azurite
from tests.conftest import new_backend

SIZE = 500_000  # bytes


def measure(folder: Path, effort: Effort) -> list[Figure]:
    return [*_to_backend(folder, effort), *_with_latency(folder, effort)]


def _to_backend(folder: Path, effort: Effort) -> list[Figure]:
    photos = effort.pick(60, 10, 2)
    result = []
    with (folder / "azurite.log").open("ab") as log, Azurite(output=log) as azurite:
        backend = new_backend(azurite.connection_string, {}, folder, set())
        backend.start()
        try:
            for in_flight in (2, 4):
                ours, floor, ordinary = in_turns(
                    effort,
                    *(
                        _timed(client, folder, photos, backend.base_url, backend.function_key, n)
                        for client, n in (
                            (drain, in_flight),
                            (keep_alive, in_flight),
                            (ordinary_client, in_flight),
                        )
                    ),
                    what=f"a backlog, {in_flight} in flight",
                )
                result += [
                    Figure(
                        f"backend on Azurite, {in_flight} in flight: share of the floor",
                        floor / ours,
                        "",
                        0.9,
                        remark=f"{photos / ours.median:.0f}/s, floor {photos / floor.median:.0f}/s",
                    ),
                    Figure("  a naive client's share", floor / ordinary),
                ]
        finally:
            backend.stop()
    return result


def _with_latency(folder: Path, effort: Effort) -> list[Figure]:
    photos = effort.pick(80, 20, 8)
    with (
        server("bench.null_server") as local,
        server("bench.latency_proxy", local.rpartition(":")[2]) as distant,
    ):
        in_flight_counts = (1, 4, 8)
        ways = [_timed(drain, folder, photos, distant, "", count) for count in in_flight_counts]
        ways += [_timed(keep_alive, folder, photos, distant, "", count) for count in (4, 8)]
        ways.append(_timed(ordinary_client, folder, photos // 4, distant, "", 1))
        results = in_turns(effort, *ways, what="50 ms round trip")
    one, four, eight, floor_four, floor_eight, ordinary = results
    ordinary *= 4
    rate = "50 ms round trip, {} in flight: times one in flight".format
    return [
        Figure("50 ms round trip, 1 in flight", photos / one, "photos/s"),
        Figure(rate(4), one / four, "times", 3.7, remark=f"{photos / four.median:.0f} photos/s"),
        Figure(rate(8), one / eight, "times", 7, remark=f"{photos / eight.median:.0f} photos/s"),
        Figure("  share of the floor, 4 in flight", floor_four / four),
        Figure("  share of the floor, 8 in flight", floor_eight / eight),
        Figure("  a naive client, in terms of one in flight", one / ordinary, "times"),
    ]


def _timed(
    client: Client, folder: Path, photos: int, base_url: str, key: str, in_flight: int
) -> Callable[[], float]:
    """Return a measurement: the seconds in which the client empties a spool of new photos."""

    # The unsigned photos of a camera with a key would be marked, and reported.
    camera = "unsigned" if client is ordinary_client else DEVICE

    def run() -> float:
        spool = folder / "backlog"
        filled(spool, photos, SIZE, camera)
        try:
            return seconds(client(spool, base_url, key, in_flight))
        finally:
            shutil.rmtree(spool)

    return run
