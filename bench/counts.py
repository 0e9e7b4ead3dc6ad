"""What it costs to say how many photos there are, as the number of cameras grows.

The stores are those of the tests, in memory, and each request to them takes DELAY_SECONDS: Azurite
would measure itself. The CPU time of these stores is subtracted.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func

from bench.effort import Effort
from bench.repeat import progress, seconds
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
TIMER = "count_figures"
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
        progress(f"the figures of {cameras:,} cameras with {PHOTOS_OF_A_CAMERA} photos each")
        result += _with_cameras(cameras)
    return result


def _with_cameras(cameras: int) -> list[Figure]:
    """Measure each route after a new photo of each camera."""
    meter = _Meter()
    stored = memory_services(Settings("", secrets=Secrets(read_token=TOKEN)))
    services = wrapped(stored, meter.wrap)
    now = datetime.now(UTC) - timedelta(days=2)
    names = [f"camera-{number}" for number in range(cameras)]
    for camera in names:
        for number in range(PHOTOS_OF_A_CAMERA):
            _add_photo(stored, camera, now + timedelta(minutes=number))
        lost = [
            Alert(new_name(camera, now, f"{number:08x}"), LOSS, "no-room")
            for number in range(ALERTS_OF_A_CAMERA)
        ]
        stored.alerts.add([StoredAlert(alert, datetime.now(UTC)) for alert in lost])
    timer = next(
        (
            one.get_user_function()
            for one in build_app(lambda: services).get_functions()
            if one.get_function_name() == TIMER
        ),
        None,
    )
    result = []
    if timer:
        timer(None)  # the first count; the next one counts what is new
        _add_to_each(stored, names)
        result += _figures(f"the counting timer, {cameras:,} cameras", meter, lambda: timer(None))
    else:
        for route in ROUTES:
            _get(route, services)
    for route in ROUTES:
        _add_to_each(stored, names)
        what = f"{ROUTE_OF[route].path}, {cameras:,} cameras"
        result += _figures(what, meter, lambda route=route: _get(route, services), True)  # type: ignore[misc]
    return result


def _figures(
    what: str, meter: _Meter, action: Callable[[], object], has_aim: bool = False
) -> list[Figure]:
    meter.requests, meter.cpu, meter.delay = 0, 0.0, DELAY_SECONDS
    start = time.process_time()
    took = seconds(action)
    cpu = time.process_time() - start - meter.cpu
    meter.delay = 0.0
    most_requests, most_cpu = (MAX_REQUESTS, MAX_CPU_MS) if has_aim else (None, None)
    return [
        Figure(f"{what}: requests", meter.requests, "", most_requests, at_most=True),
        Figure("  CPU", cpu * 1000, "ms", most_cpu, at_most=True),
        Figure(f"  until the end, {DELAY_SECONDS * 1000:g} ms a request", took, "s"),
    ]


def _get(route: str, services: Services) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    request = func.HttpRequest("GET", "/", headers=headers, params={}, route_params={}, body=b"")
    response = call(route, request, services)
    if response.status != 200:
        raise RuntimeError(f"{route} was answered {response.status} {response.body!r}")


def _add_to_each(services: Services, cameras: list[str]) -> None:
    for camera in cameras:
        _add_photo(services, camera, datetime.now(UTC))


def _add_photo(services: Services, camera: str, at: datetime) -> None:
    name = new_name(camera, at)
    photo = Photo(name, Media.JPEG, "ab" * 32, 500_000, name.captured_at, Trigger.MOTION)
    services.index.add(photo, name.captured_at)
