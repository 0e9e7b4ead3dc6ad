"""The labels of a camera with a network of its own lie beside each photo that may be of motion."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, NetworkResult, Shot
from pi_uploader.capture.handler import TriggerHandler
from pi_uploader.capture.labels import CameraLabels
from pi_uploader.settings import CameraSettings, CaptureSettings, load_settings
from pi_uploader.spool import Spool
from pi_uploader.triggers import TriggerEvent
from tests.support.fake_clock import FakeClock


def ssd(classes: Sequence[float], scores: Sequence[float]) -> tuple[Any, ...]:
    """What the IMX500's own SSD returns: boxes, scores, classes and their count."""
    count = len(classes)
    return (
        np.ones((count, 4), np.float32),
        np.array(scores, np.float32),
        np.array(classes, np.float32),
        np.array([count], np.float32),
    )


class NetworkCamera:
    """A camera whose photos have this result."""

    def __init__(self, network: NetworkResult | None) -> None:
        self.network = network

    def take(self, context: CaptureContext) -> Shot:
        return Shot(b"a photo", Media.JPEG, self.network)

    def close(self) -> None:
        pass


def network_settings(**environ: str) -> CameraSettings:
    settings = {"CAMERA_SOURCE": "picamera2", "CAMERA_DETECT": "imx500", "HOME": "/", **environ}
    [camera] = load_settings(CaptureSettings, settings).cameras
    return camera


def labels_after(
    folder: Path,
    network: NetworkResult | None,
    trigger: Trigger = Trigger.MOTION,
    **environ: str,
) -> list[tuple[str, float]] | None:
    """Return the labels of a photo that was taken with this result; None if it has no file."""
    camera = network_settings(**environ)
    spool = Spool(folder)
    handler = TriggerHandler(camera, NetworkCamera(network), spool, clock=FakeClock())
    handler.photos.labels = CameraLabels(camera, spool.labels)
    handler.handle(TriggerEvent(trigger, 0.0))
    [photo] = spool.waiting_photos()
    labels = spool.labels.get(photo)
    return None if labels is None else [(one.word, one.score) for one in labels]


def test_the_network_of_the_camera_has_cocos_classes(tmp_path: Path) -> None:
    found = NetworkResult(ssd([0, 16, 2, 0], [0.75, 0.625, 0.5, 0.25]))
    expected = [("person", 0.75), ("animal", 0.62), ("vehicle", 0.5)]
    assert labels_after(tmp_path, found) == expected


def test_a_network_may_have_its_own_classes(tmp_path: Path) -> None:
    found = NetworkResult(ssd([1, 0], [0.75, 0.5]), ("hedgehog", "red fox"))
    assert labels_after(tmp_path / "spool", found) == [("red-fox", 0.75), ("animal", 0.5)]
    file = tmp_path / "labels"
    file.write_text("otter\nstoat\n")
    labels = labels_after(tmp_path / "other", found, CAMERA_DETECT_LABELS=str(file))
    assert labels == [("stoat", 0.75), ("otter", 0.5)]


@pytest.mark.parametrize(
    "network",
    [
        NetworkResult(ssd([0, 0], [0.0, 0.0])),
        NetworkResult(ssd([np.nan, -7], [0.9, np.inf])),
    ],
)
def test_a_photo_in_which_nothing_was_found_does_not_wait(
    network: NetworkResult, tmp_path: Path
) -> None:
    assert labels_after(tmp_path, network) == []


@pytest.mark.parametrize(
    "network",
    [None, NetworkResult((np.zeros((17, 3), np.float32),)), NetworkResult(("no array",))],
)
def test_nor_does_one_at_which_the_network_did_not_look(
    network: NetworkResult | None, tmp_path: Path
) -> None:
    """Or of which it returned something that is not known."""
    assert labels_after(tmp_path, network) == [("unknown", 1.0)]


def test_other_photos_have_no_labels(tmp_path: Path) -> None:
    found = NetworkResult(ssd([0], [0.75]))
    assert labels_after(tmp_path, found, Trigger.DEMAND) is None


def test_a_disk_that_takes_no_labels_costs_no_photo(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.joinpath("labels").write_text("a file of another program")
    assert labels_after(tmp_path, NetworkResult(ssd([0], [0.75]))) == [("unknown", 1.0)]
    assert "labels cannot be stored: Not a directory" in caplog.text


@pytest.mark.parametrize(
    ("network", "state"),
    [
        (NetworkResult(ssd([0, 2], [0.75, 0.5])), "working"),
        (NetworkResult(ssd([0, 2], [0.0, 0.0])), "working"),
        (None, "failing: its network returned nothing"),
        (NetworkResult(("no array",)), "failing: what its network returned is not understood: "),
    ],
)
def test_the_state_is_that_of_the_network(
    network: NetworkResult | None, state: str, tmp_path: Path
) -> None:
    spool = Spool(tmp_path)
    camera = network_settings()
    handler = TriggerHandler(camera, NetworkCamera(network), spool, clock=FakeClock())
    handler.photos.labels = CameraLabels(camera, spool.labels)
    for number in range(3):
        handler.handle(TriggerEvent(Trigger.GPIO, float(number)))
    assert handler.photos.labels.report.state.startswith(state)
