"""The records of losses: one empty file each, kept for as long as they are of use."""

from pathlib import Path

import pytest

from pi_uploader.spool import Quota, Spool
from pi_uploader.spool.admin import count_spool
from tests.support.spool_photos import put


def test_reports_of_losses_do_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes an inode: of those that the cloud has on record, the newest are kept."""
    monkeypatch.setattr("pi_uploader.spool.losses.MAX_REPORTED", 3)
    spool = Spool(tmp_path, quota=Quota(max_bytes=2 * 96, reserve=0))
    photos = [put(spool, number) for number in range(12)]
    losses = list(spool.losses.unreported())
    assert [loss.photo for loss in losses] == photos[:10]
    for loss in losses[:8]:
        spool.losses.record_reported(loss)
    counts = count_spool(tmp_path)
    assert (counts.waiting, counts.unreported, counts.losses) == (2, 2, 5)
    assert list(spool.losses.unreported()) == losses[8:]
