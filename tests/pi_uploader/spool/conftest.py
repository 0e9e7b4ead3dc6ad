"""A spool with photos in several places."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from pi_uploader.spool.photo import parse_file_name


@pytest.fixture
def photos(tmp_path: Path) -> list[SpooledPhoto]:
    """Four photos in a spool: two that wait, one rejected, one damaged."""
    spool = Spool(tmp_path / "spool")
    photos = [
        spool.put(
            b"photo %d" % minute,
            PhotoInfo(
                new_name("gate", datetime(2026, 11, 20, 12, minute, tzinfo=UTC)),
                Media.JPEG,
                Trigger.MOTION,
                ClockStatus.SYNCED,
            ),
        )
        for minute in range(4)
    ]
    spool.quarantine(photos[2], "rejected-422")
    spool.quarantine(photos[3], "damaged")
    return photos


@pytest.fixture
def folders_of_three_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a short run create, cross and remove folders."""
    monkeypatch.setattr("pi_uploader.spool.photo.SHARD_SIZE", 3)


@pytest.fixture
def parsed_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the names of files are added that are parsed in full."""
    names: list[str] = []

    def parse(file_name: str) -> SpooledPhoto | None:
        names.append(file_name)
        return parse_file_name(file_name)

    for module in ("admin", "folders", "recovery"):
        monkeypatch.setattr(f"pi_uploader.spool.{module}.parse_file_name", parse)
    return names
