"""New cameras are accepted up to a quota; known ones always."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from function_app.auth.caller import DEVICE, Caller, Scope
from function_app.ingest import camera_quota as quota
from function_app.ingest.camera_quota import NEW_CAMERA_PERIOD, RETRY_AFTER_SECONDS
from function_app.ingest.camera_quota import rejected_cameras as rejected
from function_app.ingest.intake import Upload
from function_app.ingest.upload import store
from function_app.maintenance.deletion import camera_exists
from function_app.problems import HTTPProblemError
from function_app.services import KnownCameras, Services
from function_app.storage.models import LastSeen, Photo
from function_app.storage.photo_interfaces import PhotoIndex
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.camera_traffic import NOW, report_losses_of, upload_from

OWNER = Caller("owner", frozenset(Scope))


@pytest.fixture(autouse=True)
def _small_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow five cameras in all, and three new ones a day."""
    monkeypatch.setattr(quota, "MAX_CAMERAS", 5)
    monkeypatch.setattr(quota, "MAX_NEW_CAMERAS", 3)


def restarted(backend: Services) -> Services:
    """Return the same stores, seen by another process."""
    return replace(backend, known_cameras=KnownCameras())


def photo_of(camera: str) -> Photo:
    return Photo(name_of(camera), Media.JPEG, "ab" * 32, 7, NOW)


def test_new_cameras_are_accepted_up_to_the_quota(empty: Services) -> None:
    """Three a day, by photos and alerts alike, and five in all. A known one is never rejected."""
    assert [upload_from(empty, one) for one in ("a", "b")] == [201, 201]
    assert report_losses_of(empty, "b", "c", "d") == ["b", "c"]
    assert upload_from(restarted(empty), "d") == 429
    with pytest.raises(HTTPProblemError) as caught:
        report_losses_of(empty, "d", "e")
    assert caught.value.problem.status == 429
    assert caught.value.headers == {"Retry-After": f"{RETRY_AFTER_SECONDS}"}
    assert (
        "camera d is new here: the daily limit of 3 new cameras is reached"
        in caught.value.problem.detail
    )
    assert "DELETE /api/cameras/NAME" in caught.value.problem.detail
    tomorrow = NOW + NEW_CAMERA_PERIOD + timedelta(days=1)
    assert [upload_from(empty, one, tomorrow) for one in "def"] == [201, 201, 429]
    for seen in (empty, restarted(empty)):
        taken = [upload_from(seen, one, tomorrow) for one in "abcde"]  # c had sent an alert alone
        assert taken == [200, 200, 201 if seen is empty else 200, 200, 200]
        assert rejected("abcdef", seen, tomorrow).keys() == {"f"}
        assert report_losses_of(seen, *"abcde") == list("abcde")


def test_a_rejected_camera_is_not_recorded(empty: Services) -> None:
    """Neither a body that is no photo, nor a photo of a camera beyond the quota, makes a camera
    known."""
    with pytest.raises(HTTPProblemError) as caught:
        store(Upload(b"none", PhotoHeaders(camera="a")), empty, DEVICE, NOW)
    assert caught.value.problem.status == 415
    assert not camera_exists("a", empty)
    for one in "bcd":
        upload_from(empty, one)
    assert upload_from(empty, "a") == 429
    assert not camera_exists("a", empty)
    assert empty.blobs.cameras() == ["b", "c", "d"]


def test_cameras_of_an_older_version_are_known(empty: Services) -> None:
    """They have photos, and no record of their own."""
    for number in range(7):
        empty.index.add(photo_of(f"old-{number}"), NOW)
    assert rejected([f"old-{number}" for number in range(7)], empty, NOW) == {}
    assert upload_from(empty, "new") == 429


class OnlyLastSeen:
    """An index that can only be asked when a camera was last seen, and records the questions."""

    def __init__(self, index: PhotoIndex) -> None:
        self._index = index
        self.asked: list[str] = []

    def last_seen(self, camera: str) -> LastSeen | None:
        self.asked.append(camera)
        return self._index.last_seen(camera)


def test_a_new_process_looks_up_a_camera_with_one_read(empty: Services) -> None:
    """Whatever the number of cameras is, when its first photo or alert arrives."""
    upload_from(empty, "gate")
    index = OnlyLastSeen(empty.index)
    cold = replace(restarted(empty), index=cast(PhotoIndex, index))
    for _ in range(2):
        assert rejected(["gate"], cold, NOW) == {}
    assert index.asked == ["gate"]
