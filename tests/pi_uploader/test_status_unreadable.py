"""`status` names what it cannot read."""

import errno
from pathlib import Path

import pytest

from pi_uploader.spool import Spool
from pi_uploader.spool.disk import Disk
from pi_uploader.status import spool_status
from tests.support.spool_photos import put


def test_status_names_folders_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers are those of the others."""
    put(Spool(tmp_path), 1)
    bad = tmp_path / "quarantine" / "mine"
    bad.mkdir()
    names = Disk.names

    def failing(self: Disk, folder: Path) -> list[str]:
        if folder == bad:
            raise OSError(errno.EIO, "Input/output error")
        return names(self, folder)

    monkeypatch.setattr(Disk, "names", failing)
    text, facts = spool_status(tmp_path)
    assert f"unreadable    {bad}: Input/output error" in text
    assert facts["unreadable"] == [f"{bad}: Input/output error"]
    assert facts["waiting"] == 1
