"""Devices and backends of different versions understand each other: what every version sent over
the wire is sent again, to the backend of today and to the uploader of today."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict

from local.azurite import Azurite
from local.processes import ROOT
from photo_wire import __version__
from photo_wire.alert import LOSS, parse_alerts
from photo_wire.headers import UPLOAD_PATH, ClockStatus, Trigger, parse_headers
from photo_wire.media import Media
from photo_wire.moment import parse_time
from photo_wire.name import parse_name
from photo_wire.problem import PROBLEM_TYPE
from pi_uploader.alerts.reporter import loss_alert
from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import Loss, PhotoInfo, Spool, SpooledPhoto
from pi_uploader.upload.uploader import Uploader
from tests.golden.__main__ import backends, is_released
from tests.golden.exchanges import FOLDER, KEY, Golden, Outcome, recorded_in, versions
from tests.golden.record import outcome_of, record
from tests.golden.stories import stories
from tests.support.backend import Backend
from tests.support.fault_server import Exchange, FaultServer
from tests.support.oracle import whereabouts
from tests.support.store import Response

SETS = {version: recorded_in(FOLDER / version) for version in versions()}
ALL = [one for recorded in SETS.values() for one in recorded.values()]
BY_UPLOADER = [one for one in ALL if one.outcome]
# What a client says of itself and not of the photo: it may change with any library.
OF_THE_CLIENT = {"user-agent", "accept", "accept-encoding"}


@pytest.fixture
def today(
    azurite_of_its_own: Azurite, log_folder: Path, secrets_used: set[str]
) -> Iterator[dict[str, Backend]]:
    """The backend of today over an empty store, and one whose store is away."""
    with backends(azurite_of_its_own.connection_string, log_folder, secrets_used) as both:
        yield dict(zip(("here", "away"), both, strict=True))


@pytest.fixture
def azurite_of_its_own() -> Iterator[Azurite]:
    """Photos of the same names were stored by other versions."""
    with Azurite() as azurite:
        yield azurite


# --- an old uploader, the backend of today


@pytest.mark.parametrize("version", SETS)
def test_todays_backend_answers_the_requests_of(version: str, today: dict[str, Backend]) -> None:
    """Every request of that version, over HTTP, in the order in which it was recorded."""
    recorded = SETS[version]
    problems = []
    for story in in_order(recorded):
        golden = recorded[story]
        status, headers, body = ask(today[golden.storage], golden)
        problems += [f"{story}: {one}" for one in differences(golden, status, headers, body)]
    assert problems == []


def in_order(recorded: dict[str, Golden]) -> list[str]:
    """A story's reply may rest on the one before it."""
    current = [story.name for story in stories()]
    assert recorded.keys() <= set(current), "a story that was recorded once is replayed for ever"
    return [name for name in current if name in recorded]


def ask(backend: Backend, golden: Golden) -> tuple[int, CaseInsensitiveDict[str], bytes]:
    path, headers = golden.with_key(backend.function_key)
    line = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=90)
    try:
        line.putrequest(golden.method, path, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(golden.body))}.items():
            line.putheader(name, value)
        line.endheaders(golden.body)
        reply = line.getresponse()
        return reply.status, CaseInsensitiveDict(reply.getheaders()), reply.read()
    finally:
        line.close()


def differences(
    golden: Golden, status: int, headers: CaseInsensitiveDict[str], body: bytes
) -> list[str]:
    """What an uploader of that version would not understand, or understand otherwise. Words for
    people may change, and a newer backend may say more."""
    if status != golden.status:
        return [f"{status} instead of {golden.status}: {body!r}"]
    if golden.fields is None:
        return [] if body == golden.reply else [f"a body where there was none: {body!r}"]
    kind, was = headers.get("Content-Type"), CaseInsensitiveDict(golden.reply_headers)
    problems = [] if kind == was["Content-Type"] else [f"Content-Type {kind}"]
    if "Retry-After" in was and not headers.get("Retry-After", "").isdigit():
        problems.append("no Retry-After")
    fields = json.loads(body)
    for member, before in golden.fields.items():
        now = fields.get(member)
        if member == "received_at" or (not golden.names_the_photo and member == "captured_at"):
            parse_time(now)
        elif member == "id" and not golden.names_the_photo:
            name, named = parse_name(now), parse_name(before)
            same = (name.camera, name.tag) == (named.camera, named.tag)
            problems += [] if same else [f"{member} is {now!r}"]
        elif member in ("title", "detail"):  # Python 3.13 calls 422 by another name than 3.11
            problems += [] if isinstance(now, str) and now else [f"no {member}"]
        elif now != before:
            problems.append(f"{member} is {now!r}, and was {before!r}")
    return problems


# --- the uploader of today, an old backend


@pytest.mark.parametrize("golden", BY_UPLOADER, ids=lambda one: f"{one.version}-{one.story}")
def test_todays_uploader_understands_the_reply(golden: Golden) -> None:
    """And requests it as the old backend expects."""
    assert golden.outcome
    with FaultServer(Plays(golden)) as server:
        delivery = BackendClient(server.base_url, golden.header("x-functions-key"))
        if golden.path == UPLOAD_PATH:
            photo = photo_of(golden)
            outcome = outcome_of(lambda it: it.send_photo(photo, BytesIO(golden.body)), delivery)
        else:
            alerts = [loss_alert(one) for one in losses_of(golden)]
            outcome = outcome_of(lambda line: line.send_alerts(alerts), delivery)
        assert outcome == golden.outcome
        (request,) = server.requests
    assert (request.method, request.path) == (golden.method, golden.path)
    for name, value in golden.headers.items():
        if name.lower() not in OF_THE_CLIENT:
            assert request.headers.get(name) == value, name


IN_A_SPOOL = [
    golden
    for golden in BY_UPLOADER
    if golden.path == UPLOAD_PATH and golden.story not in ("damaged-on-the-way", "empty")
]


@pytest.mark.parametrize("golden", IN_A_SPOOL, ids=lambda one: f"{one.version}-{one.story}")
def test_a_photo_leaves_the_spool_for_an_old_receipt_only(golden: Golden, tmp_path: Path) -> None:
    photo = photo_of(golden)
    with FaultServer(Plays(golden)) as server:
        spool = Spool(tmp_path)
        put = spool.put(golden.body, PhotoInfo(photo.name, photo.media, photo.trigger, photo.clock))
        Uploader(spool, BackendClient(server.base_url, KEY)).step()
    places = whereabouts(tmp_path).get(put.sha256, [])
    assert places == ([] if golden.outcome == Outcome("receipt") else ["waiting"])


class Plays:
    """The old backend: it compares the body with the one it was sent then, and answers as then."""

    def __init__(self, golden: Golden) -> None:
        self._golden = golden

    def __call__(self, exchange: Exchange) -> None:
        came, was = exchange.read(), self._golden.body
        same = came == was or (self._golden.path != UPLOAD_PATH and says_all_of(came, was))
        status = self._golden.status if same else 599
        exchange.send(Response(status, self._golden.reply, self._golden.reply_headers))


def says_all_of(body: bytes, before: bytes) -> bool:
    """Return whether these alerts have all that those have; a newer uploader may add more."""
    alerts, were = json.loads(body)["alerts"], json.loads(before)["alerts"]
    return len(alerts) == len(were) and all(
        {**was, "details": None} == {**{key: now.get(key) for key in was}, "details": None}
        and was["details"].items() <= now.get("details", {}).items()
        for now, was in zip(alerts, were, strict=True)
    )


def photo_of(golden: Golden) -> SpooledPhoto:
    """The photo that was sent."""
    fields = parse_headers(CaseInsensitiveDict(golden.headers))
    assert fields.name
    assert fields.media
    assert fields.trigger
    assert fields.clock
    assert fields.sha256
    size = len(golden.body)
    return SpooledPhoto(
        1, PhotoInfo(fields.name, fields.media, fields.trigger, fields.clock), size, fields.sha256
    )


def losses_of(golden: Golden) -> list[Loss]:
    """The losses that were reported."""
    losses = []
    for alert in parse_alerts(golden.body):
        assert alert.kind == LOSS
        fields = {name: str(value) for name, value in alert.details.items()}
        media = Media.of_content_type(fields["content_type"])
        assert media
        photo = SpooledPhoto(
            1,
            PhotoInfo(alert.name, media, Trigger(fields["trigger"]), ClockStatus(fields["clock"])),
            int(fields["size"]),
            fields["sha256"],
        )
        losses.append(Loss(photo, alert.reason))
    return losses


# --- the sets


@pytest.mark.slow  # what was recorded is answered and understood above
def test_this_version_is_recorded_as_it_is(today: dict[str, Backend]) -> None:
    """Whoever changes what goes over the wire has to record it (`make golden`), and for that to
    give a released version its successor."""
    assert __version__ in SETS, "run `make golden`"
    recorded = {one.story: one for one in record(today["here"], today["away"])}
    kept = SETS[__version__]
    assert recorded.keys() == kept.keys() == {story.name for story in stories()}
    for story, golden in kept.items():
        now = recorded[story]
        assert (now.method, now.path, now.body) == (golden.method, golden.path, golden.body), story
        assert of_the_photo(now) == of_the_photo(golden), story
        assert now.outcome == golden.outcome, story
        headers = CaseInsensitiveDict(now.reply_headers)
        assert differences(golden, now.status, headers, now.reply) == [], story
        assert (now.fields or {}).keys() == (golden.fields or {}).keys(), story


def of_the_photo(golden: Golden) -> dict[str, str]:
    return {
        name: value for name, value in golden.headers.items() if name.lower() not in OF_THE_CLIENT
    }


@pytest.mark.parametrize("version", SETS)
def test_a_set_has_all_words_of_its_version(version: str) -> None:
    """Each kind of photo, trigger, and clock, and each status that the backend answers with."""
    fields = [parse_headers(CaseInsensitiveDict(one.headers)) for one in SETS[version].values()]
    assert {str(one.trigger) for one in fields} >= {"motion", "gpio", "schedule", "demand"}
    assert {str(one.clock) for one in fields} >= {"synced", "corrected", "unsynced"}
    assert {one.content_type for one in fields} >= {"image/jpeg", "image/x-adobe-dng", "video/mp4"}
    statuses = {one.status for one in SETS[version].values()}
    assert statuses >= {200, 201, 401, 409, 411, 413, 415, 422, 503}


def test_this_versions_words_are_all_in_its_set() -> None:
    fields = [parse_headers(CaseInsensitiveDict(one.headers)) for one in SETS[__version__].values()]
    assert {one.trigger for one in fields} >= set(Trigger)
    assert {one.clock for one in fields} >= set(ClockStatus)
    assert {one.media for one in fields} >= set(Media)


def test_no_key_is_in_a_set(secrets_used: set[str]) -> None:
    texts = [file.read_text() for file in FOLDER.rglob("*.json")]
    assert texts
    assert not [key for key in secrets_used for text in texts if key in text]
    for one in ALL:
        keys = one.path.partition("code=")[2], one.header("x-functions-key")
        assert {*keys} <= {KEY, "a-wrong-key", "", None}


def test_problems_say_what_to_do() -> None:
    for one in ALL:
        if one.status >= 400 and one.reply:
            assert CaseInsensitiveDict(one.reply_headers)["Content-Type"] == PROBLEM_TYPE
            assert len(one.fields["detail"]) > 20


def test_a_released_version_is_not_recorded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.golden.__main__.is_released", lambda: True)
    monkeypatch.setattr(sys, "argv", ["golden"])
    from tests.golden.__main__ import main

    assert main() == 1


def test_sets_of_released_versions_are_as_they_were_committed() -> None:
    """All but the one that is being worked on."""
    ended = [one for one in SETS if one != __version__ or is_released()]
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", *(f"tests/golden/{one}" for one in ended)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not ended or changed == ""


# --- the tests themselves see what they look for


JPEG = SETS[__version__]["jpeg"]


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (200, {}),
        (201, {"sha256": "0" * 64}),
        (201, {"size": 1}),
        (201, {"id": "golden-20261120T120135567Z-ffffffff"}),
        (201, {"camera": "other"}),
    ],
)
def test_a_difference_is_seen(status: int, changed: dict[str, object]) -> None:
    headers = CaseInsensitiveDict(JPEG.reply_headers)
    body = json.dumps({**JPEG.fields, **changed}).encode()
    assert len(differences(JPEG, status, headers, body)) == 1


def test_a_backend_that_says_more_is_understood() -> None:
    headers = CaseInsensitiveDict(JPEG.reply_headers)
    body = json.dumps({**JPEG.fields, "thumbnail": True}).encode()
    assert differences(JPEG, 201, headers, body) == []
    with FaultServer(lambda exchange: exchange.send(Response(201, body, {}))) as server:
        delivery = BackendClient(server.base_url, KEY)
        photo = photo_of(JPEG)
        sent = outcome_of(lambda line: line.send_photo(photo, BytesIO(JPEG.body)), delivery)
    assert sent == Outcome("receipt")
