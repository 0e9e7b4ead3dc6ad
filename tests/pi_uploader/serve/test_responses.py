import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import bottle
import pytest

from photo_wire.media import Media
from photo_wire.name import PhotoName
from pi_uploader.serve.photos import KEPT, DevicePhoto
from pi_uploader.serve.responses import file_response


@pytest.fixture
def photo(tmp_path: Path) -> DevicePhoto:
    """A photo in a file, with a request for it."""
    file = tmp_path / "photo"
    file.write_bytes(b"photo")
    bottle.request.bind({"REQUEST_METHOD": "GET"})
    name = PhotoName("gate", datetime(2026, 11, 28, tzinfo=UTC), "5f3a9c2e")
    return DevicePhoto(name, Media.JPEG, KEPT, file)


@pytest.mark.parametrize("look", ["exists", "isfile", "access", "stat", "open"])
def test_a_photo_that_leaves_between_two_looks_of_bottle(
    photo: DevicePhoto, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    """Whichever of them finds nothing, the photo is missing, not forbidden."""
    module = {"access": os, "stat": os, "open": bottle}.get(look, os.path)
    real: Callable[..., object] = getattr(module, look, open)

    def leave(*arguments: object) -> object:
        photo.file.unlink(missing_ok=True)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, look, leave, raising=False)
        with pytest.raises(FileNotFoundError):
            file_response(photo)


def test_a_photo_that_may_not_be_read(photo: DevicePhoto, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that says so: the error is the disk's."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError):
        file_response(photo)


def test_a_pipe_in_the_place_of_a_photo_is_not_waited_for(photo: DevicePhoto) -> None:
    photo.file.unlink()
    os.mkfifo(photo.file)
    with pytest.raises(OSError, match="not a regular file"):
        file_response(photo)
