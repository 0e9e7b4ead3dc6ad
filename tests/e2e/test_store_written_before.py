"""A store that an earlier version wrote is read by this one: blobs, rows, sessions, links, counts.

tests/golden/record_store.py has recorded it, with that version's own backend, and what that
answered about it. The backend of today runs at the moment of the recording, on a copy of the store.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import NewStore
from tests.golden.exchanges import FOLDER
from tests.golden.stores import (
    TOPICS,
    Exchange,
    RecordedStore,
    answer_of,
    dump,
    read,
    session_without_cookies,
)
from tests.support.clocked_backend import ClockedBackend
from tests.support.pictures import LOCATION, jpeg

RECORDED = sorted(FOLDER.glob("store-*"))
ROWS_OF_PHOTOS = ("t~", "o~", "c~", "p~", "r~", "i~")
SIGN_IN = "/api/session"
COUNTED = ("/api/cameras", "/api/days", "/api/stats", "/api/status")

StartBackend = Callable[..., "Client"]


class Client:
    """A client of a backend on a copy of the store, with the credentials that were recorded."""

    def __init__(self, backend: ClockedBackend, recorded: RecordedStore) -> None:
        self.backend = backend
        self._recorded = recorded
        self._session = session_without_cookies()

    def send(self, exchange: Exchange) -> requests.Response:
        headers = self._recorded.headers_of(exchange.who)
        return exchange.send(self._session, self.backend.base_url, headers, self._recorded.bodies)

    def ask(self, who: str, path: str, method: str = "GET", **more: Any) -> Any:
        """Return the JSON of the answer, which is a success."""
        response = self.send(Exchange(who, path, method, **more))
        assert response.ok, (method, path, response.text)
        return response.json() if response.content else None

    def status(self, who: str, path: str, method: str = "GET", **more: Any) -> int:
        """Return the status of the answer."""
        return self.send(Exchange(who, path, method, **more)).status_code

    def stats(self, camera: str) -> tuple[int, int]:
        """Return how many photos of a camera ever came, and how many are there, by a count."""
        self.backend.count()
        answer = self.ask("read-token", f"/api/stats?camera={camera}")
        return answer["received"], answer["photos"]

    def photos(self, query: str = "limit=200") -> list[dict[str, Any]]:
        photos: list[dict[str, Any]] = self.ask("read-token", f"/api/photos?{query}")["photos"]
        return photos


@pytest.fixture(scope="module", params=RECORDED, ids=lambda folder: folder.name)
def recorded(request: pytest.FixtureRequest, secrets_used: set[str]) -> RecordedStore:
    """The store of a version."""
    store = read(request.param)
    secrets_used.update(store.facts["secrets"])
    return store


@pytest.fixture(scope="module")
def start(
    recorded: RecordedStore,
    new_store: NewStore,
    log_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StartBackend]:
    """start(later=timedelta()) -> a client of today's backend on a copy of the store of its own,
    that long after the recording."""
    with ExitStack() as running:

        def start_one(later: timedelta = timedelta()) -> Client:
            connection_string = new_store()
            recorded.load(connection_string)
            folder = tmp_path_factory.mktemp("clock")
            backend = ClockedBackend(
                connection_string,
                log_folder / f"backend-{folder.name}.log",
                **recorded.facts["settings"],
                env={"RETENTION": recorded.facts["retention"]},
                folder=folder,
            )
            backend.set_clock(recorded.now + later)
            running.callback(backend.stop)
            backend.start()
            return Client(backend, recorded)

        yield start_one


Replayed = tuple[Client, list[tuple[Exchange, requests.Response]]]


@pytest.fixture(scope="module")
def replayed(recorded: RecordedStore, start: StartBackend) -> Replayed:
    """All recorded requests in their order, with today's answers."""
    client = start()

    def send(exchange: Exchange) -> requests.Response:
        if exchange.path.partition("?")[0] in COUNTED:
            client.backend.count()
        return client.send(exchange)

    return client, [(one, send(one)) for one in recorded.exchanges]


@pytest.fixture(scope="module")
def client(start: StartBackend) -> Client:
    """The client of a store that tests change, each another part of it."""
    return start()


def includes(now: Any, before: Any) -> bool:
    """Return whether an answer says all that was answered before; it may say more. Where a photo
    was recorded by its id, the id is compared."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(
            name in now and includes(now[name], value) for name, value in before.items()
        )
    if isinstance(before, list):
        return len(now) == len(before) and all(map(includes, now, before))
    if isinstance(before, str) and isinstance(now, dict):
        return bool(now["id"] == before)
    return bool(now == before)


def recorded_answer(exchange: Exchange) -> Any:
    """Return what was answered, with the scope that owners have got since: `control`."""
    answer = exchange.answer
    if exchange.path == SIGN_IN and "admin" in (answer or {}).get("scopes", ()):
        return {**answer, "scopes": sorted({*answer["scopes"], "control"})}
    return answer


def test_a_store_is_recorded_with_one_of_everything() -> None:
    """Else the tests here would prove little."""
    assert RECORDED
    for folder in RECORDED:
        store = read(folder)
        partitions = {(row["table"], row["entity"]["PartitionKey"]) for row in store.rows}
        assert partitions >= {
            *(("photos", one) for one in ("photos", "claims", "cameras", "losses~months")),
            *(("photos", one) for one in ("losses~taken-back", "losses~up-to")),
            *(("people", one) for one in ("people", "tokens", "shares", "attempts", "timers")),
            *(("people", one) for one in ("sessions~vera", "browsers~vera")),
            *(("alerts", "alerts"), ("accesses", "accesses")),
        }
        keys = {row["entity"]["RowKey"][:2] for row in store.rows if row["table"] == "photos"}
        assert keys >= {*ROWS_OF_PHOTOS, "m~", "n~"}
        states = {row["entity"].get("state") for row in store.rows}
        assert states >= {"listed", "lost", "deleted", "expired", "missing"}
        assert {one["container"] for one in store.blobs} == {"photos", "thumbnails"}
        assert any("deleted_at" in one["metadata"] for one in store.blobs)
        kinds = {one["content_type"] for one in store.blobs}
        assert kinds >= {"image/jpeg", "image/x-adobe-dng", "video/mp4"}
        assert {one.topic for one in store.exchanges} == set(TOPICS)


@pytest.mark.slow
@pytest.mark.parametrize("topic", TOPICS)
def test_every_request_is_answered_as_the_version_answered_it(
    topic: str, replayed: Replayed
) -> None:
    """Lists and their pages, counts, bytes, rights, sign-ins; photos that are sent once more,
    those that a person deleted among them."""
    different = [
        f"{one}: {one.status} {one.answer}, now {response.status_code} {response.text[:500]}"
        for one, response in replayed[1]
        if one.topic == topic
        if one.status != response.status_code
        or not includes(answer_of(response), recorded_answer(one))
    ]
    assert not different, "\n".join(different)


def of_devices(store: RecordedStore) -> tuple[list[object], list[object]]:
    """Return the rows of photos, without their counts, those of the cameras' lists of alerts, and
    the photos. A loss that is taken back at once has other rows, but is in no list."""
    rows: list[object] = [
        row
        for row in store.rows
        if row["table"] in ("photos", "alerts")
        and row["entity"]["RowKey"].startswith(ROWS_OF_PHOTOS)
    ]
    return rows, [one for one in store.blobs if one["container"] == "photos"]


@pytest.mark.slow
def test_photos_and_alerts_that_are_sent_once_more_change_no_row_and_no_blob(
    recorded: RecordedStore, start: StartBackend
) -> None:
    client = start()
    for exchange in recorded.exchanges:
        if exchange.topic == "sent again":
            assert client.send(exchange).status_code == exchange.status
    assert of_devices(dump(client.backend.connection_string)) == of_devices(recorded)


@pytest.mark.slow  # as those that are sent once more
def test_all_requests_together_change_no_row_and_no_blob_of_a_device(
    recorded: RecordedStore, replayed: Replayed
) -> None:
    assert of_devices(dump(replayed[0].backend.connection_string)) == of_devices(recorded)


def test_only_a_link_made_so_shows_where_a_photo_was_taken(
    recorded: RecordedStore, client: Client
) -> None:
    located, links = recorded.facts["photos"]["located"], recorded.facts["links"]
    for link, is_shown in (
        *(("photo", False), ("photo with location", True)),
        *(("span", False), ("span with location", True)),
    ):
        path = f"/api/shared/{links[link]}/{located}/content"
        content = client.send(Exchange("anonymous", path)).content
        assert content.startswith(b"\xff\xd8")
        assert (LOCATION in content) == is_shown, link


def test_new_and_deleted_photos_are_counted_on(recorded: RecordedStore, client: Client) -> None:
    """On from the counts that the version saved, and from what it had not counted yet."""
    came, there = client.stats("gate")
    body = jpeg(32, 24, seed=9000)
    headers = {**recorded.headers_of("device"), "X-Camera-Id": "gate"}
    url = f"{client.backend.base_url}/api/camera/photo"
    response = requests.put(url, data=body, headers=headers, timeout=90)
    assert response.status_code == 201
    assert client.stats("gate") == (came + 1, there + 1)
    names = recorded.facts["photos"]
    for called in ("gate 2", "gate today 1", "just now"):  # from three ages of the counts
        assert client.status("olga", f"/api/photos/{names[called]}", "DELETE") == 204
    assert client.stats("gate") == (came + 1, there - 2)
    ids = [photo["id"] for photo in client.photos("limit=200&camera=gate")]
    assert len(ids) == there - 2
    assert response.json()["id"] in ids


def test_a_photo_that_retention_deleted_is_stored_when_it_comes_again(
    recorded: RecordedStore, client: Client
) -> None:
    came, there = client.stats("yard")
    name = recorded.facts["photos"]["clip 0"]
    photo = {"headers": {"X-Photo-Id": name}, "body": recorded.facts["removed"][name]}
    for expected in (201, 200):
        assert client.status("device", "/api/camera/photo", "PUT", **photo) == expected
    assert client.stats("yard") == (came + 1, there + 1)


@pytest.mark.slow  # rights and links are among the requests above
def test_a_revoked_token_and_a_removed_owner_take_along_what_they_made(
    recorded: RecordedStore, start: StartBackend
) -> None:
    """Olga made the token `script`, and with that the token `grandchild` and a link were made.
    Other tests need her and her link: this one has a store of its own."""
    client = start()
    links = recorded.facts["links"]
    made = {"olga": "photo", "token-script": "span with location"}
    for who in (*made, "token-grandchild"):
        assert client.status(who, "/api/session") != 401
    for who, path, tokens, staying in (
        ("token-script", "/api/tokens/script", ["grandchild"], []),
        ("olga", "/api/people/olga", [], ["phone"]),
    ):
        assert client.status("anonymous", f"/api/shared/{links[made[who]]}") == 200
        answer = client.ask("owner", path, "DELETE")
        assert answer["revoked"]["tokens"] == tokens
        assert len(answer["revoked"]["links"]) == 1
        assert answer["staying"] == {"tokens": staying, "people": []}
        assert client.status("anonymous", f"/api/shared/{links[made[who]]}") == 404
        assert client.status(who, "/api/session") == 401
    assert client.status("token-grandchild", "/api/session") == 401


def test_a_changed_password_ends_the_sessions_that_the_version_began(
    recorded: RecordedStore, client: Client
) -> None:
    old, new = recorded.facts["passwords"]["vera"], "eleven herons by the mill"
    assert client.status("vera", "/api/password", "PUT", json={"old": "no", "new": new}) == 403
    changed = client.send(Exchange("vera", "/api/password", "PUT", json={"old": old, "new": new}))
    assert changed.status_code == 204
    assert client.status("vera", "/api/session") == 401
    for password, status in ((old, 401), (new, 200)):
        body = {"name": "vera", "password": password}
        assert client.status("anonymous", SIGN_IN, "POST", json=body) == status


@pytest.mark.slow  # every row is read above, and tests/function_app/maintenance/ repairs
def test_a_repair_finds_nothing_to_change(recorded: RecordedStore, start: StartBackend) -> None:
    """Two hours later, when nothing may be on its way any more; also if all is rebuilt, and by the
    timer. Everything is counted anew, and the counts are the same."""
    client = start(timedelta(hours=2))
    paths = ("photos?limit=200", "photos?limit=200&order=oldest", "stats", "days", "cameras")

    def answers() -> list[dict[str, Any]]:
        client.backend.count()
        found = [client.ask("read-token", f"/api/{path}") for path in paths]
        return [{**one, "as_of": None} for one in found]

    before = answers()
    blobs = sum(
        one["container"] == "photos" and "deleted_at" not in one["metadata"]
        for one in recorded.blobs
    )
    for everything in (False, True):
        report = client.ask("owner", "/api/repair/run", "POST", json={"everything": everything})
        assert report["photos"] == blobs == len(client.photos())
        nothing = ("listed", "unlisted", "thumbnails", "strays", "foreign")
        assert not any(report[name] for name in nothing)
        assert report["left"] == []
        assert answers() == before
    client.backend.run_timer("weekly_repair")
    assert answers() == before


@pytest.mark.slow  # as the repair
def test_the_cleanup_of_weeks_later_deletes_what_is_due(start: StartBackend) -> None:
    """Photos by the retention of their camera, links that are over, counts of wrong passwords and
    failed sign-ins; and nothing else."""
    client = start(timedelta(days=40))
    before = client.photos()
    due = [photo["id"] for photo in before if photo["camera"] == "yard"]
    came, there = client.stats("yard")
    assert there == len(due) > 1
    would = client.ask("admin-token", "/api/cleanup/run", "POST", json={"dry_run": True})
    assert would == {"deleted": {"yard": there}, "more": False, "dry_run": True}
    client.backend.run_timer("hourly_cleanup")
    assert [one for one in before if one["id"] not in due] == client.photos()
    assert client.stats("yard") == (came, 0)
    left = dump(client.backend.connection_string).rows
    of_people = [row["entity"]["PartitionKey"] for row in left if row["table"] == "people"]
    assert of_people.count("shares") == 1  # that of 90 days
    assert "attempts" not in of_people
    what = {row["entity"]["what"] for row in left if row["table"] == "accesses"}
    assert "did not sign in" not in what
    assert {"deleted", "shared", "signed in"} <= what
