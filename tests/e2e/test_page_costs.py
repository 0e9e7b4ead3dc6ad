"""A page of any list costs the same with ten photos and with a hundred thousand: counted at a relay
before Azurite's tables."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from photo_wire.moment import format_time
from tests.conftest import new_backend
from tests.support.api import MOMENT, Api
from tests.support.many_photos import CAMERAS, azurite_with
from tests.support.many_photos import photos as listed
from tests.support.recorder import Recorder
from tests.support.waiting import wait_for

# Azurite with 100,000 photos takes minutes to begin on a busy machine, and longer than the backend
# waits for some of its answers.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

LIMIT = 50
SINCE = format_time(MOMENT - timedelta(days=2))
LISTS = [
    "photos?",
    "photos?order=oldest",
    "photos?camera=gate",
    "photos?camera=gate&order=oldest",
    "photos?trigger=demand",
    "photos?label=person",
    "photos?stubs=only",
    f"photos?from={SINCE}&to={format_time(MOMENT)}",
    "photos?time_from=22:00&time_to=06:00&zone=Europe/Berlin",
    "events?camera=gate",
    "alerts?",
    "alerts?kind=loss&camera=gate",
]


@pytest.fixture(scope="module", params=[10, 100_000])
def photos(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    log_folder: Path,
    secrets_used: set[str],
) -> Iterator[tuple[int, Api, Recorder]]:
    """How many photos are listed, and a way to ask a backend for them."""
    count: int = request.param
    folder = tmp_path_factory.mktemp("many")
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder)
        azurite = running.enter_context(azurite_with(count, folder))
        tables = running.enter_context(Recorder(azurite.ports[2]))
        through = azurite.connection_string.replace(
            f"http://127.0.0.1:{azurite.ports[2]}/", f"{tables.base_url}/"
        )
        backend = new_backend(through, {}, log_folder, secrets_used)
        running.callback(backend.stop)
        backend.start()
        api = Api(backend)
        # A process reads once whether the lists of alerts by camera are complete.
        ask_until_answered(api, f"alerts?camera={CAMERAS[0]}", backend.read_token)
        yield count, api, tables


class Cost(NamedTuple):
    """What a question cost in requests to tables and entities read, and how much it told."""

    requests: int
    entities: int
    shown: int

    def line(self, path: str) -> str:
        return f"  {path:66} {self.requests} {self.entities:4} {self.shown:3}"


class Answer(NamedTuple):
    """A success, and when the backend was asked for it (seconds of time.monotonic)."""

    began: float
    reply: requests.Response


def ask_until_answered(
    api: Api, path: str, token: str, method: str = "GET", body: object = None
) -> Answer:
    """Ask the backend, and again while it answers 503, as that says: a busy machine's Azurite may
    take longer over 100,000 rows than the backend waits."""

    def answer() -> Answer | None:
        bearer, began = {"Authorization": f"Bearer {token}"}, time.monotonic()
        reply = api.ask(f"/api/{path}", bearer, method, json=body)
        return None if reply.status_code == 503 else Answer(began, reply)

    found = wait_for(answer, 600, f"an answer to {path}")
    assert found
    assert found.reply.ok, found.reply.text
    return found


def ask(api: Api, tables: Recorder, path: str, token: str) -> Cost:
    """Return the cost of an answer. What Azurite answers late to a question is not a cost of the
    same question once more."""
    start, reply = ask_until_answered(api, path, token)
    asked = [one for one in tables.exchanges if one.began >= start]
    entities = sum(len(json.loads(one.reply or "{}").get("value", [])) for one in asked)
    shown = [found for found in reply.json().values() if isinstance(found, list)]
    return Cost(len(asked), entities, sum(map(len, shown)))


def token_for(api: Api, cameras: list[str]) -> str:
    """Return a new token to read these cameras. Its name is another one at each try: what was
    answered 503 may have been stored."""

    def made() -> str:
        scope = {"name": f"some-{time.monotonic_ns()}", "scopes": ["read"], "cameras": cameras}
        bearer = {"Authorization": f"Bearer {api.backend.admin_token}"}
        reply = api.ask("/api/tokens", bearer, "POST", json=scope)
        return str(reply.json().get("token", ""))

    return wait_for(made, 600, "a token")


def show(capsys: pytest.CaptureFixture[str], title: str, lines: list[str]) -> None:
    with capsys.disabled():
        print("\n" + "\n".join([f"{title}: requests, entities read, shown", *lines]))


def test_a_page_costs_the_same_however_many_photos_there_are(
    photos: tuple[int, Api, Recorder], capsys: pytest.CaptureFixture[str]
) -> None:
    """At most twice the page's size in entities and three requests, for every list there is. With
    a session one request more would say whose it is; a token of the settings needs none."""
    count, api, tables = photos
    lines = []
    for path in LISTS:
        cost = ask(api, tables, f"{path}&limit={LIMIT}", api.backend.read_token)
        lines.append(cost.line(path))
        assert cost.requests <= 3
        assert cost.entities <= 2 * LIMIT + 1  # one more tells whether a page follows
    show(capsys, f"{count:,} photos, pages of {LIMIT}", lines)


@pytest.mark.parametrize("limit", [1, LIMIT])
def test_a_page_of_some_cameras_costs_the_same_too(
    photos: tuple[int, Api, Recorder], limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """For who may see two of four: one request and twice the page's size for each of the two."""
    count, api, tables = photos
    token = token_for(api, ["gate", "yard"])
    ask_until_answered(api, "session", token)  # the first use is noted
    lines = []
    for path in LISTS:
        cost = ask(api, tables, f"{path}&limit={limit}", token)
        lines.append(cost.line(path))
        assert cost.requests <= 3
        assert cost.entities <= 2 * (2 * limit + 1)
    show(capsys, f"{count:,} photos, pages of {limit} of two cameras", lines)


def test_what_has_no_pages_costs_the_same_too(
    photos: tuple[int, Api, Recorder], capsys: pytest.CaptureFixture[str]
) -> None:
    """The lists of people, tokens and links are read whole: they cost what they tell. Counts cost
    some records for each camera and month, but no request for each camera, once the photos are
    counted, as the first who asks for cameras, days or statistics does; to count a hundred thousand
    takes Azurite more than a minute. test_photo_counters.py shows that none is read again."""
    count, api, tables = photos
    admin = api.backend.admin_token
    everything = {"camera": "gate", "from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"}
    made = [ask_until_answered(api, "shares", admin, "POST", everything) for _ in range(3)]
    secret = made[0].reply.json()["url"].rpartition("/")[2]
    expected = {
        "cameras?counts=none": 4,
        f"accesses?limit={LIMIT}": LIMIT + 1,
        "people": 10,
        "tokens": 10,
        "shares": 3,
        f"shared/{secret}": 201,
    }
    if count <= 1000:
        expected |= dict.fromkeys(("cameras", "days", "stats", "status"), 30)
    lines = []
    for path, most in expected.items():
        ask_until_answered(api, path, admin)  # who asks first has the photos counted
        cost = ask(api, tables, path, admin)
        lines.append(cost.line(path.replace(secret, "...")))
        assert cost.requests <= 8
        assert cost.entities <= max(most, cost.shown)  # other tests make links and tokens, too
    show(capsys, f"{count:,} photos, what has no pages", lines)


def test_a_stranger_costs_three_requests(
    photos: tuple[int, Api, Recorder], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a link opens; one more in each hour, for the audit log."""
    count, api, tables = photos
    ids = [str(photo.name) for photo in listed(4)]
    to = format_time(MOMENT)
    lines = []
    for target in (
        {"photo": ids[0]},
        {"photos": ids[:3]},
        {"camera": "gate", "from": SINCE, "to": to},
    ):
        _, made = ask_until_answered(api, "shares", api.backend.admin_token, "POST", target)
        path = f"shared/{made.json()['url'].rpartition('/')[2]}"
        costs = [ask(api, tables, path, api.backend.read_token) for _ in range(3)]
        lines.append(costs[-1].line(f"shared/... {', '.join(target)}"))
        assert min(one.requests for one in costs) == 3
        assert max(one.requests for one in costs) <= 4
    show(capsys, f"{count:,} photos, shared links", lines)
