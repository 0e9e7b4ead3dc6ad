"""What it costs to find the rows of some cameras, whichever these are: counted at a relay before
Azurite's tables."""

import http.client
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import unquote

import pytest
from azure.data.tables import TableServiceClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app.alerts.api import read_alerts
from function_app.auth.caller import Caller, Scope
from function_app.browse import day as days
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.azure.account import open_account
from function_app.storage.azure.filters import key_range
from function_app.storage.azure.queries import MAX_DOCUMENTED_TERMS, MAX_TERMS, Query
from function_app.storage.azure.tables import AzureTable
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert
from function_app.storage.row_keys import View
from function_app.storage.table_store import Entity, single_keys
from local.azurite import Azurite
from photo_wire.alert import DISK, Alert
from photo_wire.name import PhotoName
from tests.conftest import NewStore
from tests.support.api import MOMENT, name_of
from tests.support.liar import Liar
from tests.support.recorder import Headers, Recorder
from tests.support.samples import photo_of

CAMERAS = [f"camera-{number:02}" for number in range(30)]
DAYS = ("d~2026-11-27", "d~2026-11-28")
SECOND = timedelta(seconds=1)
VIEW = View(since=MOMENT, until=MOMENT + timedelta(minutes=1))
# As many as a person may see, with the longest names; none of them has anything.
STRANGERS = [f"{number:032}" for number in range(100)]
COMPARISONS = ("eq", "gt", "lt", "ge", "le")
SOME_EXAMPLES = settings(
    max_examples=settings().max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def comparisons(path: str) -> int:
    return sum(unquote(path).count(f" {word} ") for word in COMPARISONS)


class Strict(Recorder):
    """Takes filters as far as they are documented, and rejects others as Table Storage rejects what
    it does not understand."""

    def reply(self, path: str, reply: http.client.HTTPResponse) -> tuple[bytes, Headers]:
        content, headers = super().reply(path, reply)
        if comparisons(path) <= 15:
            return content, headers
        reply.status = 400
        return b'{"odata.error":{"code":"InvalidInput"}}', [("Content-Type", "application/json")]


class Hurried(Recorder):
    """Ends each query before its last row, as Table Storage does after five seconds."""

    def reply(self, path: str, reply: http.client.HTTPResponse) -> tuple[bytes, Headers]:
        content, headers = super().reply(path, reply)
        return content, [*headers, ("x-ms-continuation-NextPartitionKey", "photos")]


@pytest.fixture(scope="module")
def direct(azurite: Azurite, new_store: NewStore) -> str:
    """The connection string of a store with a photo, an alert and two rows of each camera."""
    store = new_store()
    services = connect(Settings(store))
    moments = {one: MOMENT + timedelta(seconds=number) for number, one in enumerate(CAMERAS)}
    for camera, at in moments.items():
        services.index.add(photo_of(camera, at), MOMENT)
    services.alerts.add(
        [StoredAlert(Alert(name_of(one, at), DISK, "full"), at) for one, at in moments.items()]
    )
    for day in DAYS:
        services.accounts.upsert_all("days", {f"{day}~{camera}": {} for camera in CAMERAS})
    return store


@pytest.fixture
def relayed(
    azurite: Azurite, direct: str, request: pytest.FixtureRequest
) -> Iterator[tuple[Services, Recorder]]:
    """A backend of that store, and what it asks."""
    with getattr(request, "param", Recorder)(azurite.ports[2]) as tables:
        through = direct.replace(f"127.0.0.1:{azurite.ports[2]}/", f"127.0.0.1:{tables.port}/")
        yield connect(Settings(through)), tables


Reads = dict[str, Callable[[], list[str] | None]]


def reads(services: Services, cameras: set[str]) -> Reads:
    """Ways to find the rows of these cameras: each returns whose it found, in their order."""

    def photos() -> list[str] | None:
        found = services.index.query_some(VIEW, cameras, 1000)
        return None if found is None else [photo.name.camera for photo in found]

    def alerts() -> list[str] | None:
        found = services.alerts.newest_of_some(cameras, 1000, None)
        return None if found is None else [one.alert.name.camera for one in found]

    def keys() -> list[str]:
        wanted = [f"{day}~{camera}" for day in DAYS for camera in ("", *cameras)]
        found = services.accounts.query_ranges("days", single_keys(wanted))
        assert {row.key[: len(DAYS[0])] for row in found} <= set(DAYS)
        return [row.key.rpartition("~")[2] for row in found]

    return {"photos": photos, "alerts": alerts, "keys": keys}


def plainly(cameras: set[str]) -> dict[str, list[str]]:
    """What they find."""
    found = [camera for camera in CAMERAS if camera in cameras]
    return {"photos": found[::-1], "alerts": found[::-1], "keys": found * len(DAYS)}


@SOME_EXAMPLES
@given(cameras=st.sets(st.sampled_from(CAMERAS + STRANGERS), min_size=1, max_size=100))
def test_any_cameras_take_one_request(
    relayed: tuple[Services, Recorder], cameras: set[str]
) -> None:
    services, tables = relayed
    for name, read in reads(services, cameras).items():
        start = len(tables.exchanges)
        assert read() == plainly(cameras)[name]
        assert len(tables.exchanges) - start == 1, name


def test_a_hundred_cameras_with_the_longest_names_take_one_request(
    relayed: tuple[Services, Recorder],
) -> None:
    services, tables = relayed
    for name, read in reads(services, {*STRANGERS}).items():
        start = len(tables.exchanges)
        assert read() == []
        assert len(tables.exchanges) - start == 1, name


def test_more_cameras_than_a_filter_has_take_a_few(relayed: tuple[Services, Recorder]) -> None:
    """As rights of older versions may have them."""
    services, tables = relayed
    cameras = {*CAMERAS, *(f"{number:032}" for number in range(MAX_TERMS))}
    for name, read in reads(services, cameras).items():
        start = len(tables.exchanges)
        assert read() == plainly(cameras)[name]
        assert len(tables.exchanges) - start <= 2, name


def test_the_first_rows_are_found_alone(relayed: tuple[Services, Recorder]) -> None:
    """No more rows than are wanted are read."""
    services, tables = relayed
    cameras = {*CAMERAS[::2]}
    photos = services.index.query_some(VIEW, cameras, 3)
    alerts = services.alerts.newest_of_some(cameras, 3, None)
    assert photos
    assert alerts
    expected = CAMERAS[::2][:-4:-1]
    assert [one.name.camera for one in photos] == expected
    assert [one.alert.name.camera for one in alerts] == expected
    assert all(one.reply.count(b'"RowKey":') == 3 for one in tables.exchanges[-2:])


@SOME_EXAMPLES
@given(data=st.data())
def test_rows_that_cannot_be_read_hide_no_others(direct: str, data: st.DataObject) -> None:
    """However many there are, wherever a page ends, and in however many parts the cameras are asked
    for: fewer rows than are wanted are found only if there are no more."""
    queries = open_account(direct, 1).queries
    queries._max_terms = data.draw(st.sampled_from([MAX_DOCUMENTED_TERMS, MAX_TERMS]), "terms")
    cameras = data.draw(st.sets(st.sampled_from(CAMERAS), min_size=1), "cameras")
    damaged = data.draw(st.sets(st.sampled_from(CAMERAS)), "damaged")
    count = data.draw(st.integers(1, len(CAMERAS) + 1), "count")
    size = data.draw(st.integers(1, count), "page size")

    def parse(row: Entity) -> str | None:
        camera = row.properties["camera"]
        return None if camera in damaged else camera

    query = Query("photos", key_range("photos", *VIEW.keys(None)), size)
    found = queries.first_of_cameras(query, cameras, count, parse)
    assert found == [one for one in CAMERAS[::-1] if one in cameras - damaged][:count]


def test_a_damaged_photo_does_not_end_a_day(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a viewer of some cameras, as for one of all: the rest is in the next parts."""
    monkeypatch.setattr(days, "MAX_PHOTOS", 5)
    store = new_store()
    services = connect(Settings(store))
    names = [name_of(CAMERAS[number % 3], MOMENT + number * SECOND) for number in range(12)]
    for name in names:
        services.index.add(photo_of(name.camera, name.captured_at), MOMENT)
    start, end = MOMENT - SECOND, MOMENT + 12 * SECOND
    damage(store, "photos", str(names[8]), "size")
    for cameras in (frozenset(CAMERAS[:3]), None):
        seen, until = set[PhotoName](), end
        while True:
            part = days.read_part(services.index, days.Selection(cameras), start, end, until)
            seen |= {photo.name for event in part.events for photo in event.photos}
            if part.continues_before is None:
                break
            until = part.continues_before
        assert seen == {*names} - {names[8]}


def test_a_damaged_alert_does_not_end_a_list(new_store: NewStore) -> None:
    """For a viewer of some cameras, as for one of few or all."""
    store = new_store()
    services = connect(Settings(store))
    names = [name_of(CAMERAS[number % 3], MOMENT + number * SECOND) for number in range(12)]
    services.alerts.add([StoredAlert(Alert(one, DISK, "full"), one.captured_at) for one in names])
    damage(store, "alerts", str(names[8]), "details")
    for cameras in (frozenset(CAMERAS[:3]), frozenset(CAMERAS[:2]), None):
        caller = Caller("vera", frozenset({Scope.READ}), cameras)
        seen: list[PhotoName] = []
        cursor = None
        while True:
            found, cursor = read_alerts(services, caller, 5, cursor)
            seen += [one.alert.name for one in found]
            if cursor is None:
                break
        of = [*names[:8], *names[9:]]
        assert seen == [one for one in of[::-1] if cameras is None or one.camera in cameras]


def damage(store: str, table: str, name: str, column: str) -> None:
    """Change this column of all rows of a photo's or an alert's name by hand."""
    rows = TableServiceClient.from_connection_string(store).get_table_client(table)
    changed = [row for row in rows.list_entities() if row.get("id") == name]
    assert changed
    for row in changed:
        rows.update_entity({**row, column: "{"})


@pytest.mark.parametrize("relayed", [Strict], indirect=True)
@pytest.mark.parametrize("count", [MAX_DOCUMENTED_TERMS, 13, 30])
def test_a_service_that_rejects_long_filters_is_asked_more_often(
    relayed: tuple[Services, Recorder], count: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And of all that it is asked it rejects the first alone; that one is sent twice, the second
    time by the SDK."""
    services, tables = relayed
    cameras = {*CAMERAS[:: len(CAMERAS) // count][:count]}
    with caplog.at_level(logging.WARNING):
        for name, read in reads(services, cameras).items():
            assert read() == plainly(cameras)[name]
    rejected = [one.status for one in tables.exchanges].count(400)
    is_long = count > MAX_DOCUMENTED_TERMS
    assert rejected == 2 or not is_long
    warnings = [one.getMessage() for one in caplog.records if "comparisons" in one.getMessage()]
    assert len(warnings) == 1  # keys are two for each camera
    start = len(tables.exchanges)
    assert reads(services, cameras)["photos"]() == plainly(cameras)["photos"]
    assert len(tables.exchanges) - start == -(-count // MAX_DOCUMENTED_TERMS)
    start = len(tables.exchanges)
    assert reads(services, cameras)["keys"]() == plainly(cameras)["keys"]
    assert len(tables.exchanges) - start == 1
    assert all(comparisons(one.path) <= 15 for one in tables.exchanges if one.status == 200)


@pytest.mark.parametrize("relayed", [Hurried], indirect=True)
def test_a_request_that_ends_early_finds_nothing_for_sure(
    relayed: tuple[Services, Recorder],
) -> None:
    """Unless it found as many as are wanted."""
    services, _ = relayed
    assert services.index.query_some(VIEW, CAMERAS, 31) is None
    assert services.alerts.newest_of_some(CAMERAS, 31, None) is None
    assert len(services.index.query_some(VIEW, CAMERAS, 30) or ()) == 30
    assert len(services.alerts.newest_of_some(CAMERAS, 30, None) or ()) == 30


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"odata.error":{"code":"InvalidInput"}}'),
        (400, b"<html><h1>Bad Request - Request Too Long</h1></html>"),
        (414, b"<html><h1>URI Too Long</h1></html>"),
        (431, b""),
        (501, b'{"odata.error":{"code":"NotImplemented"}}'),
    ],
)
def test_a_long_filter_may_be_rejected_in_several_ways(status: int, body: bytes) -> None:
    """By the service, or by what is before it. Other failures are not taken for that."""
    with Liar([(status, body), (status, body), (200, b'{"value": []}')]) as liar:
        rows = AzureTable(liar.account(), "some")
        assert rows.query_ranges("days", single_keys(CAMERAS)) == []
        assert liar.requests == 3
    with Liar([(status, body)]) as liar, pytest.raises(StorageUnavailableError):
        AzureTable(liar.account(), "some").query_ranges("days", single_keys(CAMERAS[:2]))
    with Liar([(403, body)]) as liar, pytest.raises(StorageUnavailableError):
        AzureTable(liar.account(), "some").query_ranges("days", single_keys(CAMERAS))
    other = b'{"odata.error":{"code":"PropertyValueTooLarge"}}'
    with Liar([(400, other)]) as liar, pytest.raises(StorageUnavailableError):
        AzureTable(liar.account(), "some").query_ranges("days", single_keys(CAMERAS))
    assert liar.requests <= 2  # not again with fewer comparisons


def test_a_service_that_rejects_short_filters_too_is_sent_long_ones_again() -> None:
    """What it rejected was not their length. Each is sent twice, the second time by the SDK."""
    rejected = (400, b'{"odata.error":{"code":"InvalidInput"}}')
    with Liar([rejected] * 6 + [(200, b'{"value": []}')]) as liar:
        rows = AzureTable(liar.account(), "some")
        with pytest.raises(StorageUnavailableError):
            rows.query_ranges("days", single_keys(CAMERAS))
        assert liar.requests == 4
        assert rows.query_ranges("days", single_keys(CAMERAS)) == []
        assert liar.requests == 7
