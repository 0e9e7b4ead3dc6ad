"""The disks of the rigs do what they say."""

import errno
from contextlib import nullcontext
from inspect import isfunction
from pathlib import Path

import pytest

from pi_uploader.spool.disk import Disk
from tests.support.disks import FailingDisk, Kind, Operation, RecordingDisk, WatchedDisk


def test_every_operation_of_a_disk_is_watched() -> None:
    """An operation that is added to Disk has to be added here too."""
    operations = {name for name, value in vars(Disk).items() if isfunction(value)}
    assert operations == set(Kind)
    assert operations < vars(WatchedDisk).keys()


def test_a_record_names_a_file_by_its_number(tmp_path: Path) -> None:
    """The number stays when the file is renamed or its descriptor is used again."""
    disk = RecordingDisk()
    for name in ("a", "b"):
        file = disk.create(tmp_path / name)
        disk.write(file, name.encode())
        disk.rename(tmp_path / name, tmp_path / f"{name}2")
        disk.flush(file)
        disk.close(file)
    assert [entry for entry in disk.record if isinstance(entry, Operation)][5:] == [
        Operation(Kind.CREATE, (tmp_path / "b", 2)),
        Operation(Kind.WRITE, (2, b"b")),
        Operation(Kind.RENAME, (tmp_path / "b", tmp_path / "b2")),
        Operation(Kind.FLUSH, (2,)),
        Operation(Kind.CLOSE, (2,)),
    ]


@pytest.mark.parametrize(("lasting", "left"), [(False, b"12789"), (True, b"12")])
def test_a_disk_fails_at_the_chosen_operation(lasting: bool, left: bytes, tmp_path: Path) -> None:
    """Only operations of the kinds named are counted."""
    disk = FailingDisk(1, errno.ENOSPC, kinds={Kind.WRITE}, lasting=lasting)
    file = disk.create(tmp_path / "file")
    disk.write(file, b"12")
    with pytest.raises(OSError, match="No space left"):
        disk.write(file, b"3456")
    with pytest.raises(OSError, match="No space left") if lasting else nullcontext():
        disk.write(file, b"789")
    disk.close(file)
    assert (tmp_path / "file").read_bytes() == left


def test_a_write_that_fails_may_leave_its_half(tmp_path: Path) -> None:
    disk = FailingDisk(0, kinds={Kind.WRITE}, half=True)
    file = disk.create(tmp_path / "file")
    with pytest.raises(OSError, match="Input/output"):
        disk.write(file, b"1234")
    disk.close(file)
    assert (tmp_path / "file").read_bytes() == b"12"
