"""Heartbeats survive the way as JSON and as headers, and nothing else passes for them."""

import base64
import contextlib
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.camera_state import MAX_PINS, MAX_REASON, MAX_TEXT, CameraState, PinState
from photo_wire.command import CommandResult, CommandState
from photo_wire.errors import WireError
from photo_wire.headers import ClockStatus
from photo_wire.heartbeat import (
    MAX_CAMERAS,
    MAX_HEADER,
    MAX_STATE_BYTES,
    Heartbeat,
    Network,
    NetworkKind,
    SpoolState,
    parse_header,
    parse_heartbeat,
)
from photo_wire.members import MAX_NUMBER
from photo_wire.moment import parse_time
from photo_wire.polygons import MAX_CORNERS, MAX_POLYGONS, MIN_CORNERS
from tests.photo_wire.strategies import cameras, command_ids, moments

characters = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
texts = st.text(characters, max_size=64)
counts = st.integers(0, MAX_NUMBER)
keywords = st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True), max_size=3).map(tuple)
results = st.builds(
    CommandResult,
    command_ids,
    st.sampled_from([CommandState.DONE, CommandState.TAKEN]),
    output=texts,
)
pins = st.builds(PinState, st.integers(0, 53), st.none() | texts, st.none() | st.booleans())
hundredths = st.integers(0, 10_000).map(lambda number: number / 100)
outlines = st.lists(
    st.lists(st.tuples(hundredths, hundredths), min_size=MIN_CORNERS, max_size=5).map(tuple),
    max_size=3,
).map(tuple)
states = st.builds(
    CameraState,
    source=st.none() | texts,
    armed=st.none() | st.booleans(),
    disarmed_until=st.none() | moments,
    last_trigger=st.none() | moments,
    last_photo=st.none() | moments,
    failures=st.none() | counts,
    failing=st.none() | st.text(characters, max_size=200),
    pins=st.lists(pins, max_size=3).map(tuple),
    can=keywords,
    motion=st.none() | st.text(characters, max_size=200),
    motion_since=st.none() | moments,
    detection=st.none() | st.text(characters, max_size=200),
    detection_since=st.none() | moments,
    zones=outlines,
    masks=outlines,
    omitted_polygons=st.none() | st.integers(1, 40),
)
heartbeats = st.builds(
    Heartbeat,
    version=st.text(characters, min_size=1, max_size=64),
    interval=st.integers(1, 86_400),
    sent_at=st.none() | moments,
    uptime=st.none() | st.floats(0, 1e12),
    cpu=st.none() | st.floats(0, 1),
    memory_free=st.none() | counts,
    memory_total=st.none() | counts,
    disk_free=st.none() | counts,
    disk_total=st.none() | counts,
    inodes_free=st.none() | counts,
    temperature=st.none() | st.floats(-40, 120),
    throttled=keywords,
    clock=st.none() | st.sampled_from(ClockStatus),
    network=st.none()
    | st.builds(Network, st.sampled_from(NetworkKind), st.none() | st.floats(-120, 0)),
    site=st.none() | texts,
    spool=st.none()
    | st.builds(SpoolState, st.none() | counts, st.none() | moments, st.none() | counts),
    losses=st.none() | counts,
    quarantine=st.none() | counts,
    sent_this_month=st.none() | counts,
    monthly_limit=st.none() | counts,
    paused_until=st.none() | moments,
    cameras=st.dictionaries(cameras, states, max_size=3),
    commands=st.lists(results, max_size=3).map(tuple),
    goodbye=st.none() | texts,
)


@given(heartbeats)
def test_every_heartbeat_comes_back_from_its_json(sent: Heartbeat) -> None:
    assert parse_heartbeat(sent.to_json()) == sent


@given(st.data())
def test_a_heartbeat_is_cut_until_the_backend_takes_it(data: st.DataObject) -> None:
    """Whatever its cameras tell. None of them is left out, and one that fails still does."""
    length = data.draw(st.integers(0, MAX_REASON))
    reason, text = data.draw(characters) * length, data.draw(characters) * 64
    pins = tuple(PinState(n, text, True) for n in range(data.draw(st.integers(0, MAX_PINS))))
    zones = (((10.25, 20.5),) * data.draw(st.integers(MIN_CORNERS, MAX_CORNERS)),)
    camera = replace(
        data.draw(states),
        failing=reason or None,
        pins=pins,
        source=text,
        zones=zones * data.draw(st.integers(0, MAX_POLYGONS)),
    )
    names = [f"{n:02}" + "c" * 30 for n in range(data.draw(st.integers(0, MAX_CAMERAS)))]
    sent = replace(data.draw(heartbeats), cameras=dict.fromkeys(names, camera), goodbye=None)
    cut = replace(sent.cut_to_fit(), goodbye="g" * MAX_TEXT)
    assert parse_heartbeat(cut.to_json()) == cut
    assert list(cut.cameras) == names
    for one in cut.cameras.values():
        assert (one.failing or "") == reason[: len(one.failing or "")]
        assert bool(one.failing) == bool(reason)
        assert (one.armed, one.last_photo) == (camera.armed, camera.last_photo)
        assert count_polygons(one) == count_polygons(camera)
    assert replace(cut, cameras=sent.cameras, goodbye=None) == sent


def count_polygons(camera: CameraState) -> int:
    return len(camera.zones) + len(camera.masks) + (camera.omitted_polygons or 0)


def test_the_zones_with_the_most_corners_are_left_out_first() -> None:
    """A camera with few keeps them, and reasons stay whole."""
    few = CameraState(zones=(((0, 0), (1, 0), (1, 1)),), failing="r" * MAX_REASON)
    many = CameraState(masks=(((12.25, 34.75),) * MAX_CORNERS,) * MAX_POLYGONS)
    sent = Heartbeat(version="1", interval=300, cameras={"few": few, "many": many})
    assert sent.cut_to_fit().cameras == {"few": few, "many": many}
    more = CameraState(masks=many.masks, zones=many.masks[:1])
    cut = replace(sent, cameras={"few": few, "many": many, "more": more}).cut_to_fit()
    assert cut.cameras == {
        "few": few,
        "many": many,
        "more": CameraState(omitted_polygons=MAX_POLYGONS + 1),
    }


@given(heartbeats)
def test_every_heartbeat_comes_back_from_its_header_or_has_none(sent: Heartbeat) -> None:
    header = sent.to_header()
    if header is not None:
        assert len(header) <= MAX_HEADER
        assert parse_header(header) == sent


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_raise_anything_but_a_wire_error(body: bytes) -> None:
    with contextlib.suppress(WireError):
        parse_heartbeat(body)
    with contextlib.suppress(WireError):
        parse_header(_header_of(body))
    with contextlib.suppress(WireError):
        parse_header(body.decode("latin-1"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": None}, "version"),
        ({"version": 14}, "version"),
        ({"interval": None}, "interval"),
        ({"interval": 0}, "interval"),
        ({"interval": True}, "interval"),
        ({"interval": 1.5}, "interval"),
        ({"sent_at": 1_790_000_000}, "sent_at"),
        ({"sent_at": "1969-12-31T23:59:59Z"}, "sent_at"),
        ({"cpu": "low"}, "cpu"),
        ({"cpu": -0.1}, "cpu"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"disk_free": -1}, "disk_free"),
        ({"disk_free": 2**53}, "disk_free"),
        ({"throttled": "undervoltage"}, "throttled"),
        ({"throttled": ["Under voltage"]}, "throttled"),
        ({"clock": "late"}, "clock"),
        ({"network": "wifi"}, "network"),
        ({"network": {"kind": "wifi", "signal": "-60"}}, "network.signal"),
        ({"spool": {"oldest": "yesterday"}}, "spool.oldest"),
        ({"cameras": []}, "cameras"),
        ({"cameras": {"../x": {}}}, "cameras"),
        ({"cameras": {"gate": {"armed": "yes"}}}, "cameras.gate.armed"),
        ({"cameras": {"gate": {"pins": [{"number": 4}] * 41}}}, "cameras.gate.pins"),
        ({"cameras": {"gate": {"pins": [{"use": "pir_pin"}]}}}, "cameras.gate.pins[0].number"),
        ({"cameras": {f"c{n}": {} for n in range(33)}}, "cameras"),
        ({"commands": [{}]}, "commands[0].state"),
        ({"commands": {}}, "commands"),
        ({"goodbye": True}, "goodbye"),
    ],
)
def test_a_wrong_member_is_named(change: dict[str, Any], field: str) -> None:
    whole = {"version": "0.14.0", "interval": 300}
    assert parse_heartbeat(json.dumps(whole).encode()) == Heartbeat(version="0.14.0", interval=300)
    with pytest.raises(WireError) as caught:
        parse_heartbeat(json.dumps(whole | change).encode())
    assert caught.value.field == field


def test_a_later_version_may_say_more() -> None:
    later = {"version": "2", "interval": 300, "fans": [1], "network": {"kind": "satellite"}}
    parsed = parse_heartbeat(json.dumps(later).encode())
    assert parsed.network == Network(NetworkKind.OTHER)


def test_what_a_camera_says_cannot_break_a_heartbeat() -> None:
    raw = "no\x1b[2J picture\n\ud800" + "x" * 1000
    sent = Heartbeat(version="1", interval=1, cameras={"gate": CameraState(failing=raw)})
    failing = parse_heartbeat(sent.to_json()).cameras["gate"].failing
    assert failing is not None
    assert failing.startswith(r"no\x1b[2J picture\n?xxx")
    assert len(failing) == 200


def test_the_clock_may_be_far_off() -> None:
    for year in (1970, 2100, 9999):
        moment = parse_time(f"{year}-01-01T00:00:00Z")
        sent = Heartbeat(version="1", interval=1, sent_at=moment)
        assert parse_heartbeat(sent.to_json()) == sent


def test_a_state_is_small_and_results_of_commands_may_be_large() -> None:
    reason = "y" * 200
    state = CameraState(source="x" * 64, armed=True, failures=3, failing=reason, can=("photo",))
    sent = Heartbeat(version="1", interval=1, cameras={f"camera-{n}": state for n in range(32)})
    results = (CommandResult("a" * 32, CommandState.DONE, output="z" * 150_000),)
    assert parse_heartbeat(replace(sent, commands=results).to_json()).commands == results
    pins = tuple(PinState(n, "pir_pin", is_active=True) for n in range(40))
    crowded = replace(sent, cameras={f"c{n}": CameraState(pins=pins) for n in range(32)})
    for one in (crowded, replace(crowded, commands=results)):
        with pytest.raises(WireError, match="16384 bytes besides its commands"):
            parse_heartbeat(one.to_json())
        assert one.to_header() is None
    with pytest.raises(WireError, match="more than 262144 bytes"):
        parse_heartbeat(b" " * 262_145)


@pytest.mark.parametrize(
    "damage",
    [
        lambda header: header[:-5],
        lambda header: header + "AAAA" * 1024,
        lambda header: "!" + header[1:],
        lambda header: "é" + header[1:],
        lambda header: "",
        lambda header: _header_of(b"{}"),
        lambda header: _header_of(b"\0" * 2_000_000),  # 2 KB that would become 2 MB
        lambda header: _header_of(b'{"version": "1", "interval": 1}' + b" " * MAX_STATE_BYTES),
    ],
)
def test_a_damaged_header_is_refused(damage: Callable[[str], str]) -> None:
    header = Heartbeat(version="1", interval=1).to_header()
    assert header is not None
    with pytest.raises(WireError):
        parse_header(damage(header))


def _header_of(body: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(body)).rstrip(b"=").decode()
