"""The enumerator finds the states that its model allows, and no others."""

import errno
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.crash_states import Model, crash_states, read_tree
from tests.support.disks import Kind, RecordingDisk, RecordingFailingDisk

Left = dict[str, bytes | None]


def left_at_the_end(
    folder: Path, work: Callable[[RecordingDisk], None], model: Model, disk: RecordingDisk
) -> list[Left]:
    """What may be left by a cut after the last operation of this work."""
    start = read_tree(folder)
    work(disk)
    disk.mark("end", None)
    states = list(crash_states(folder, start, disk.record, model))
    ends = [state.tree for state in states if state.marks]
    return [{str(path): content for path, content in tree.items()} for tree in ends]


def same(found: list[Left], expected: list[Left]) -> bool:
    return all(one in expected for one in found) and all(one in found for one in expected)


@pytest.mark.parametrize("model", Model)
def test_what_was_flushed_is_sure(model: Model, tmp_path: Path) -> None:
    def work(disk: RecordingDisk) -> None:
        file = disk.create(tmp_path / "partial")
        disk.write(file, b"1234")
        disk.flush(file)
        disk.close(file)
        disk.rename(tmp_path / "partial", tmp_path / "photo")
        disk.flush_folder(tmp_path)

    assert left_at_the_end(tmp_path, work, model, RecordingDisk()) == [{"photo": b"1234"}]


@pytest.mark.parametrize("model", Model)
def test_what_was_not_flushed_may_be_missing_torn_or_zeros(model: Model, tmp_path: Path) -> None:
    def work(disk: RecordingDisk) -> None:
        file = disk.create(tmp_path / "partial")
        disk.write(file, b"1234")
        disk.close(file)
        disk.rename(tmp_path / "partial", tmp_path / "photo")

    contents = (b"", b"12", bytes(4), b"1234")
    expected: list[Left] = [{}]
    expected += [{name: content} for name in ("partial", "photo") for content in contents]
    assert same(left_at_the_end(tmp_path, work, model, RecordingDisk()), expected)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model.ORDERED, [{"a": b"", "b": b""}, {"b": b""}, {}]),
        (Model.HARSH, [{"a": b"", "b": b""}, {"b": b""}, {"a": b""}, {}]),
    ],
)
def test_only_the_harsh_model_lets_a_later_change_happen_without_an_earlier_one(
    model: Model, expected: list[Left], tmp_path: Path
) -> None:
    def work(disk: RecordingDisk) -> None:
        disk.remove(tmp_path / "a")
        disk.remove(tmp_path / "b")

    for name in ("a", "b"):
        (tmp_path / name).touch()
    assert same(left_at_the_end(tmp_path, work, model, RecordingDisk()), expected)


def test_a_folder_that_was_not_made_sure_takes_what_is_in_it_along(tmp_path: Path) -> None:
    def work(disk: RecordingDisk) -> None:
        disk.make_folder(tmp_path / "batch")
        disk.close(disk.create(tmp_path / "batch" / "photo"))
        disk.flush_folder(tmp_path / "batch")

    found = left_at_the_end(tmp_path, work, Model.HARSH, RecordingDisk())
    assert same(found, [{}, {"batch": None, "batch/photo": b""}])


def test_a_rename_between_folders_happens_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    def work(disk: RecordingDisk) -> None:
        disk.rename(tmp_path / "here" / "photo", tmp_path / "there" / "photo")
        disk.flush_folder(tmp_path / "here")

    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    (tmp_path / "here" / "photo").touch()
    found = left_at_the_end(tmp_path, work, Model.HARSH, RecordingDisk())
    folders: Left = {"here": None, "there": None}
    assert same(found, [{**folders, "here/photo": b""}, {**folders, "there/photo": b""}])


def test_a_flush_after_one_that_failed_makes_nothing_sure(tmp_path: Path) -> None:
    """The kernel may have dropped the pages and call them clean."""

    def work(disk: RecordingDisk) -> None:
        file = disk.create(tmp_path / "photo")
        disk.write(file, b"1234")
        for _ in range(2):
            with suppress(OSError):
                disk.flush(file)
        disk.close(file)
        disk.flush_folder(tmp_path)

    disk = RecordingFailingDisk(0, errno.EIO, kinds={Kind.FLUSH})
    found = left_at_the_end(tmp_path, work, Model.ORDERED, disk)
    assert same(found, [{"photo": content} for content in (b"", b"12", bytes(4), b"1234")])
