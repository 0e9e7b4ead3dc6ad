"""What it costs to say how many photos there are, as the number of cameras grows.

The stores are those of the tests, in memory, and each request to them takes DELAY_SECONDS: Azurite
would measure itself. The CPU time of these stores is subtracted.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import azure.functions as func

from bench.effort import Effort
from bench.repeat import Samples, in_turns, progress, seconds
from bench.report import Figure
from function_app import build_app
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.models import Photo, StoredAlert
from photo_wire.alert import LOSS, Alert
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from tests.support.handlers import ROUTE_OF, call
from tests.support.memory_store import memory_services
from tests.support.services import wrapped

DELAY_SECONDS = 0.005  # of each request
PHOTOS_OF_A_CAMERA = 50
ALERTS_OF_A_CAMERA = 6
MAX_REQUESTS, MAX_CPU_MS = 3, 60
ROUTES = ("list_cameras", "list_days", "get_stats", "get_status")
TIMER = "every_minute"
TOKEN = "bench-token-of-24-letters"


class _Meter:
    """Counts the requests to all stores, and the CPU seconds that the stores themselves took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests, self.cpu, self.delay = 0, 0.0, 0.0

    def wrap(self, store: object) -> Any:
        """Return the store; each call of a method is a request."""
        return _MeteredStore(store, self)

    def request(self, action: Callable[[], object]) -> object:
        """Call an action as a request to a store."""
        time.sleep(self.delay)
        start = time.thread_time()
        try:
            return action()
        finally:
            with self._lock:
                self.requests += 1
                self.cpu += time.thread_time() - start


class _MeteredStore:
    def __init__(self, store: object, meter: _Meter) -> None:
        self._store, self._meter = store, meter

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if not callable(method):
            return method
        return lambda *args, **kwargs: self._meter.request(lambda: method(*args, **kwargs))


def measure(folder: Path, effort: Effort) -> list[Figure]:
    result = []
    for cameras in effort.pick((3, 100, 1000), (3, 100), (3,)):
        progress(f"{cameras:,} cameras with {PHOTOS_OF_A_CAMERA} photos each")
        result += _with_cameras(cameras, effort)
    return result


def _with_cameras(cameras: int, effort: Effort) -> list[Figure]:
    """Measure the counting timer and each route, each time after a new photo of each camera."""
    meter = _Meter()
    stored = memory_services(Settings("", secrets=Secrets(read_token=TOKEN)))
    services = wrapped(stored, meter.wrap)
    names = [f"camera-{number}" for number in range(cameras)]
    _fill(stored, names)

    def figures(
        what: str, action: Callable[[], object], requests: float | None, cpu: float | None
    ) -> list[Figure]:
        return _figures(
            meter, effort, (lambda: _add_to_each(stored, names), action), what, (requests, cpu)
        )

    result = []
    if count := _timer(services):
        count()  # the first count; each later one counts what is new
        result += figures(f"the counting timer, {cameras:,} cameras", count, None, None)
    for route in ROUTES:
        what = f"{ROUTE_OF[route].path}, {cameras:,} cameras"
        result += figures(what, partial(_get, route, services), MAX_REQUESTS, MAX_CPU_MS)
    return result


def _figures(
    meter: _Meter,
    effort: Effort,
    actions: tuple[Callable[[], object], Callable[[], object]],
    what: str,
    aims: tuple[float | None, float | None],
) -> list[Figure]:
    """Measure the second of two actions; the first prepares each round. `aims` are the most
    requests, and the most CPU in milliseconds."""
    prepare, action = actions
    requests, walls = [], []

    def cpu() -> float:
        prepare()
        meter.requests, meter.cpu, meter.delay = 0, 0.0, DELAY_SECONDS
        start = time.process_time()
        walls.append(seconds(action))
        used = time.process_time() - start - meter.cpu
        meter.delay = 0.0
        requests.append(meter.requests)
        return used * 1000

    (cpu_ms,) = in_turns(effort, cpu, what=what)
    wall = Samples(tuple(walls))
    return [
        Figure(f"{what}: requests", max(requests), "", aims[0], at_most=True),
        Figure("  CPU", cpu_ms, "ms", aims[1], at_most=True),
        Figure(f"  until the end, {DELAY_SECONDS * 1000:g} ms a request", wall, "s"),
    ]


def _timer(services: Services) -> Callable[[], object] | None:
    """Return the timer that counts; None if this version of the backend has none."""
    for function in build_app(lambda: services).get_functions():
        if function.get_function_name() == TIMER:
            return partial(function.get_user_function(), None)
    return None


def _get(route: str, services: Services) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    request = func.HttpRequest("GET", "/", headers=headers, params={}, route_params={}, body=b"")
    response = call(route, request, services)
    if response.status != 200:
        raise RuntimeError(f"{route} was answered {response.status} {response.body!r}")


def _fill(services: Services, cameras: list[str]) -> None:
    """Add the photos of two days ago, and alerts of today."""
    now = datetime.now(UTC)
    first = now - timedelta(days=2)
    for camera in cameras:
        for number in range(PHOTOS_OF_A_CAMERA):
            _add_photo(services, camera, first + timedelta(minutes=number))
        lost = [
            Alert(new_name(camera, first, f"{number:08x}"), LOSS, "no-room")
            for number in range(ALERTS_OF_A_CAMERA)
        ]
        services.alerts.add([StoredAlert(alert, now) for alert in lost])


def _add_to_each(services: Services, cameras: list[str]) -> None:
    for camera in cameras:
        _add_photo(services, camera, datetime.now(UTC))


def _add_photo(services: Services, camera: str, at: datetime) -> None:
    name = new_name(camera, at)
    photo = Photo(name, Media.JPEG, "ab" * 32, 500_000, name.captured_at, Trigger.MOTION)
    services.index.add(photo, name.captured_at)
