"""What the capture process replies, asked over its real socket."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from PIL import Image

from photo_wire.headers import Trigger
from photo_wire.moment import parse_time
from photo_wire.name import parse_name
from pi_uploader.agent.state import read_cameras
from pi_uploader.capture import requests
from pi_uploader.capture.requests import MAX_PENDING
from pi_uploader.control import SOCKET_NAME, ControlError, RequestRefusedError, ask
from pi_uploader.detect.report import new_report, write_reports
from pi_uploader.log_ring import LogRing
from pi_uploader.settings import CaptureSettings, load_settings
from pi_uploader.spool import Spool
from pi_uploader.spool.notification import DETECT_SOCKET_NAME, Listener
from tests.support.capturing import Ask, asking, idle_settings
from tests.support.fake_clock import FakeClock
from tests.support.pins import is_watched, pulse
from tests.support.program import SlowPicture, photos_in
from tests.support.waiting import wait_for

TAG, OTHER_TAG = "0000002a", "0000002b"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[Ask]:
    """Asks a process with a simulated camera, `gate`, which takes one photo at its start."""
    with asking(idle_settings(tmp_path, CAMERA_NAME="gate")) as one:
        wait_for(lambda: photos_in(tmp_path / "spool"), what="the first photo")
        yield one


def test_a_photo_has_its_tag_and_is_in_the_spool(capture: Ask, spool: Path) -> None:
    name = parse_name(capture("photo", camera="gate", tag=TAG).members["photo"])
    assert (name.camera, name.tag) == ("gate", TAG)
    photo = Spool(spool).newest()
    assert photo
    assert (photo.name, photo.trigger) == (name, Trigger.DEMAND)


def test_the_last_photo_in_small(capture: Ask) -> None:
    """It is that of the photo's EXIF, and stays when the photo has left the spool."""
    name = capture("photo", camera="gate", tag=TAG).members["photo"]
    assert capture("state").members["cameras"]["gate"]["photo"] == name
    reply = capture("last", camera="gate")
    assert reply.members["photo"] == name
    with Image.open(BytesIO(reply.body)) as small:
        assert max(small.size) <= 480


def test_there_is_no_last_photo_before_the_first(tmp_path: Path, pins: MockFactory) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", CAMERA_EVERY="off", CAMERA_PIN="4")
    with (
        asking(settings) as ask_capture,
        pytest.raises(RequestRefusedError, match="taken no photo"),
    ):
        ask_capture("last", camera="gate")


def test_motions_are_counted_also_while_disarmed(tmp_path: Path, pins: MockFactory) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", PIR_PIN="17")
    with asking(settings) as ask_capture:
        ask_capture("disarm", camera="gate")
        for _ in range(3):
            pulse(pins.pin(17))
        wait_for(
            lambda: ask_capture("state").members["cameras"]["gate"]["motions"] == 3,
            what="three motions",
        )
        assert ask_capture("state").members["cameras"]["gate"]["disarmed"] is True


def test_a_tag_takes_one_photo_whoever_repeats_it(capture: Ask, spool: Path) -> None:
    """At the same time and later, also after the photo was uploaded."""
    ids: list[str] = []

    def demand() -> None:
        ids.append(capture("photo", camera="gate", tag=TAG).members["photo"])

    threads = [threading.Thread(target=demand) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    photo = Spool(spool).newest()
    assert photo
    Spool(spool).remove(photo)
    demand()
    assert ids == [str(photo.name)] * 7
    assert photos_in(spool) == 1  # the first photo


def test_a_photo_from_before_a_restart_is_found_in_the_spool(tmp_path: Path, spool: Path) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    with asking(settings) as before:
        name = before("photo", camera="gate", tag=TAG).members["photo"]
    photos = photos_in(spool)
    with asking(settings) as after:
        assert after("find", tag=TAG).members == {"photos": [name]}
        assert after("find", tag=OTHER_TAG).members == {"photos": []}
        assert after("photo", camera="gate", tag=TAG).members["photo"] == name
        wait_for(lambda: photos_in(spool) == photos + 1, what="the first photo after the restart")


def test_motion_is_not_merged_with_a_photo_that_somebody_waits_for(
    tmp_path: Path, spool: Path, pins: MockFactory
) -> None:
    """While the camera is busy, two requests and two motions come: three photos."""
    picture = SlowPicture(tmp_path / "a.jpg")
    settings = idle_settings(
        tmp_path,
        CAMERA_REPLAY=str(tmp_path),
        CAMERA_NAME="gate",
        PIR_PIN="17",
        CAMERA_COOLDOWN="0s",
    )
    with asking(settings) as capture:
        picture.wait_for_reader()  # for the schedule's first photo
        threads = [
            threading.Thread(target=capture, args=("photo",), kwargs={"camera": "gate", "tag": tag})
            for tag in (TAG, OTHER_TAG)
        ]
        for thread in threads:
            thread.start()
        wait_for(lambda: is_watched(pins.pin(17)), what="the sensor")
        for _ in range(2):
            pins.pin(17).drive_high()
            pins.pin(17).drive_low()
        for number in range(4):
            picture.give(b"%d" % number)
        wait_for(lambda: photos_in(spool) == 4, what="all photos")
        for thread in threads:
            thread.join(90)
    triggers = sorted(photo.trigger for photo in Spool(spool).waiting_photos())
    assert triggers == ["demand", "demand", "motion", "schedule"]


def test_a_photo_that_fails_says_why_and_may_be_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", CAMERA_REPLAY=str(tmp_path))
    with asking(settings) as capture:
        wait_for(lambda: state(capture)["failing"], what="the failure of the first photo")
        with pytest.raises(RequestRefusedError, match="the camera returned an empty photo"):
            capture("photo", camera="gate", tag=TAG)
        assert state(capture)["failures"] == 2
        (tmp_path / "a.jpg").write_bytes(b"a picture")
        assert capture("photo", camera="gate", tag=TAG).members["photo"].endswith(TAG)
        assert (state(capture)["failures"], state(capture)["failing"]) == (0, None)


def test_the_end_of_the_process_answers_who_waits(tmp_path: Path) -> None:
    """Nobody waits for a photo that will not be taken. The camera may have begun with it before it
    noticed the end: then it is taken."""
    picture = SlowPicture(tmp_path / "a.jpg")
    settings = idle_settings(tmp_path, CAMERA_REPLAY=str(tmp_path), CAMERA_NAME="gate")
    stop = threading.Event()
    answers: list[str] = []

    def demand() -> None:
        try:
            reply = ask(settings.spool, {"do": "photo", "camera": "gate", "tag": TAG}, 90)
            answers.append(reply.members["photo"])
        except ControlError as error:
            answers.append(str(error))

    def is_answered() -> bool:
        if picture.is_read:
            picture.give(b"a picture")
        return not thread.is_alive()

    with asking(settings, stop) as capture:
        picture.wait_for_reader()
        thread = threading.Thread(target=demand)
        thread.start()
        capture("state")
        stop.set()
        wait_for(is_answered, what="an answer")
    assert len(answers) == 1


def state(capture: Ask, camera: str = "gate") -> dict[str, object]:
    found: dict[str, object] = capture("state").members["cameras"][camera]
    return found


def is_at_rest(found: dict[str, object]) -> bool:
    """Return whether there is a photo of the last trigger."""
    times = [found["last_trigger"], found["last_photo"]]
    return None not in times and parse_time(str(times[0])) <= parse_time(str(times[1]))


def test_the_state_of_a_camera(tmp_path: Path, spool: Path, pins: MockFactory) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", PIR_PIN="17", CAMERA_PIN="27")
    with asking(settings) as capture:
        wait_for(lambda: photos_in(spool), what="the first photo")
        pins.pin(27).drive_low()
        wait_for(lambda: photos_in(spool) == 2, what="the contact's photo")
        wait_for(lambda: is_at_rest(state(capture)), what="the state after the photo")
        found = state(capture)
    times = {"last_trigger": None, "last_photo": None, "photo": None}
    assert {**found, **times} == {
        "source": "simulated",
        "armed": True,
        "disarmed": False,
        "motions": 0,
        "motion": None,
        "motion_since": None,
        "detection": None,
        "detection_since": None,
        "zones": [],
        "masks": [],
        "photo": None,
        "disarmed_until": None,
        "last_trigger": None,
        "last_photo": None,
        "failures": 0,
        "failing": None,
        "pins": [
            {"number": 17, "use": "pir_pin", "is_active": False},
            {"number": 27, "use": "pin", "is_active": True},
        ],
        "can": ["photo", "clip", "live"],
    }


@pytest.mark.usefixtures("pins")
def test_the_state_has_zones_and_masks_in_percent(tmp_path: Path, spool: Path) -> None:
    """Exactly as the settings have them."""
    environ = {"CAMERA_ZONES": "0,0 7.07,0 100,57.3", "CAMERA_MASKS": "1,1 9,1 9,9; 0.29,5 5,5 5,9"}
    with asking(idle_settings(tmp_path, CAMERA_NAME="gate", **environ)):
        found = read_cameras(spool)["gate"]
    assert (found.zones, found.masks) == (
        (((0, 0), (7.07, 0), (100, 57.3)),),
        (((1, 1), (9, 1), (9, 9)), ((0.29, 5), (5, 5), (5, 9))),
    )


@pytest.mark.usefixtures("pins")
def test_the_state_says_since_when_no_model_looks_at_photos(tmp_path: Path, spool: Path) -> None:
    """Also if the process that looks does not run; and nothing of a camera without a model."""
    environ = {"CAMERA_NAME": "gate", "PIR_PIN": "17", "CAMERA_DETECT": "/model.onnx"}
    clock = FakeClock(wall=datetime(2026, 11, 20, 18, 1, tzinfo=UTC))
    report = new_report(None, clock)
    with asking(idle_settings(tmp_path, **environ)) as capture:
        assert state(capture)["detection"] == "failing: pi-uploader detect does not run"
        report.problem = "it is damaged"
        write_reports(spool, {"gate": report})
        found = read_cameras(spool)["gate"]
        assert found.detection == "failing: it is damaged"
        assert found.detection_since == clock.now()
        report.begin_work("yolo")
        write_reports(spool, {"gate": report})
        with Listener(spool, DETECT_SOCKET_NAME, "detect"):
            found = read_cameras(spool)["gate"]
        assert (found.detection, found.detection_since) == ("working", None)


def test_a_camera_is_disarmed_and_armed(capture: Ask, spool: Path) -> None:
    """A photo on demand is taken all the same."""
    until = "2099-01-01T00:00:00.000Z"
    with pytest.raises(RequestRefusedError, match="more than a year away"):
        capture("disarm", camera="gate", until=until)
    capture("disarm", camera="gate")
    assert (state(capture)["armed"], state(capture)["disarmed_until"]) == (False, None)
    assert capture("photo", camera="gate", tag=TAG).members["photo"]
    assert set(json.loads((spool / "armed.json").read_text())) == {"gate"}
    capture("arm", camera=None)
    assert state(capture)["armed"] is True


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({}, "'None' is not a known request"),
        ({"do": "fly"}, "'fly' is not a known request"),
        ({"do": "photo", "camera": "shed", "tag": TAG}, "no camera 'shed'; expected one of gate"),
        ({"do": "photo", "tag": TAG}, "there is no camera"),
        ({"do": "photo", "camera": "gate", "tag": "42"}, "'42' is not eight hex digits"),
        ({"do": "photo", "camera": ["gate"], "tag": TAG}, "there is no camera"),
        ({"do": "find"}, "not eight hex digits"),
        ({"do": "clip", "camera": "gate", "tag": TAG, "seconds": 61}, "a number from 1 to 60"),
        ({"do": "clip", "camera": "gate", "tag": TAG, "seconds": "9"}, "a number from 1 to 60"),
        ({"do": "clip", "camera": "gate", "tag": TAG, "seconds": True}, "a number from 1 to 60"),
        ({"do": "preview", "camera": "shed"}, "there is no camera"),
        ({"do": "disarm", "until": "tomorrow"}, "is not an RFC 3339 time"),
        ({"do": "disarm", "until": "2020-01-01T00:00:00Z"}, "is over"),
        ({"do": "logs"}, "lines: expected a number from 1 to 1000"),
    ],
    ids=str,
)
def test_a_wrong_request_is_refused_with_the_reason(
    request_: dict[str, object], problem: str, capture: Ask, spool: Path
) -> None:
    with pytest.raises(RequestRefusedError) as raised:
        ask(spool, request_, 90)
    assert problem in str(raised.value)


def test_a_camera_that_shows_nothing_and_records_nothing_refuses_both(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"a clip")
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", CAMERA_REPLAY=str(tmp_path))
    with asking(settings) as capture:
        with pytest.raises(RequestRefusedError, match=r"gate: a\.mp4 is no JPEG"):
            capture("preview", camera="gate")
        with pytest.raises(RequestRefusedError, match="gate records no clips"):
            capture("clip", camera="gate", tag=TAG, seconds=5)
        assert state(capture)["can"] == ["photo", "live"]


def test_a_preview_has_640_pixels_on_its_longer_side(capture: Ask, tmp_path: Path) -> None:
    assert Image.open(BytesIO(capture("preview", camera="gate").body)).size == (640, 360)
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (600, 1200), "teal").save(folder / "a.jpg")
    settings = idle_settings(tmp_path / "other", CAMERA_NAME="gate", CAMERA_REPLAY=str(folder))
    with asking(settings) as other:
        assert Image.open(BytesIO(other("preview", camera="gate").body)).size == (320, 640)


def test_the_last_lines_of_the_log(capture: Ask) -> None:
    ring = LogRing()
    logging.getLogger().addHandler(ring)
    try:
        logging.getLogger("capture").error("the last line")
        assert capture("logs", lines=1).members == {"lines": ["the last line"]}
    finally:
        logging.getLogger().removeHandler(ring)


def test_a_restart_replies_and_ends_the_process(tmp_path: Path) -> None:
    stop = threading.Event()
    with asking(idle_settings(tmp_path), stop) as capture:
        assert capture("restart").members == {}
        assert stop.wait(90)


def ask_and_cancel(folder: Path, tag: str) -> bytes:
    """Ask for a photo, and cancel once the process waits for it; return the reply."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(90)
        client.connect(str(folder / SOCKET_NAME))
        client.sendall(b'{"do": "photo", "camera": "gate", "tag": "%s"}\n' % tag.encode())
        client.shutdown(socket.SHUT_WR)  # by which the process sees that nobody waits any more
        return client.makefile("rb").read()


def test_only_so_many_photos_may_be_asked_for_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients that cancel leave their requests in the camera's queue."""
    monkeypatch.setattr(requests, "CHECK_SECONDS", 0.01)
    picture = SlowPicture(tmp_path / "a.jpg")
    settings = idle_settings(tmp_path, CAMERA_REPLAY=str(tmp_path), CAMERA_NAME="gate")
    stop = threading.Event()
    with asking(settings, stop) as capture:
        picture.wait_for_reader()
        for number in range(MAX_PENDING):
            assert b"the photo is not taken yet" in ask_and_cancel(settings.spool, f"{number:08x}")
        with pytest.raises(RequestRefusedError, match="16 photos wait for their cameras already"):
            capture("photo", camera="gate", tag="ffffffff")
        stop.set()
        picture.give(b"a picture")


def test_a_tag_takes_a_photo_with_each_camera(tmp_path: Path) -> None:
    """As a command for all cameras does."""
    config = tmp_path / "config.toml"
    cameras = ("gate", "yard")
    config.write_text(
        "".join(f'[camera.{one}]\nsource = "simulated"\nevery = "1h"\n' for one in cameras)
    )
    with asking(
        load_settings(
            CaptureSettings,
            {
                "CAMERA_CONFIG": str(config),
                "CAMERA_SPOOL": str(tmp_path / "spool"),
                "CAMERA_RUNTIME_FOLDER": str(tmp_path / "run"),
                "CAMERA_CLOCK": "trusted",
            },
        )
    ) as ask_capture:
        for _ in range(2):
            photos = [
                parse_name(ask_capture("photo", camera=one, tag=TAG).members["photo"])
                for one in cameras
            ]
            assert [one.camera for one in photos] == list(cameras)
        assert len(ask_capture("find", tag=TAG).members["photos"]) == 2
