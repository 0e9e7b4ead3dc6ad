"""State files: reading what may be anything, and replacing it atomically."""

import os
from pathlib import Path

import pytest

from pi_uploader import state_files
from pi_uploader.state_files import MAX_STATE_FILE, append, read_json, write_json_atomically


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    for value in ({"month": "2026-11", "bytes": 5}, [1, 2], 7):
        write_json_atomically(file, value)
        assert read_json(file) == value
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the rename fails, as on a disk that has become read-only."""
    file = tmp_path / "state.json"
    write_json_atomically(file, {"old": True})

    def fail(self: Path, target: Path) -> Path:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Read-only"):
        write_json_atomically(file, {"new": True})
    assert read_json(file) == {"old": True}


@pytest.mark.parametrize("content", ["", "{", "\udcff", "[" * 100_000])
def test_what_is_not_json_is_a_value_error(content: str, tmp_path: Path) -> None:
    """Also what is nested too deeply for the parser."""
    (tmp_path / "state.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError):  # noqa: PT011  the parser's texts differ
        read_json(tmp_path / "state.json")


def test_a_pipe_and_a_large_file_are_an_error(tmp_path: Path) -> None:
    """Neither is waited for, nor read into memory."""
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    large.write_bytes(bytes(MAX_STATE_FILE + 1))
    for file in (pipe, large, tmp_path / "missing"):
        with pytest.raises(OSError, match=r"regular|more than|No such"):
            state_files.read_state_file(file)


def test_append_adds_to_the_end(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n"):
        append(tmp_path / "lines.log", line)
    assert state_files.read_state_file(tmp_path / "lines.log") == b"one\ntwo\n"


@pytest.mark.parametrize("kind", ["link", "pipe", "content"])
def test_what_is_left_under_the_name_of_a_new_file_is_replaced(kind: str, tmp_path: Path) -> None:
    """Nothing is written into another file."""
    file, new, other = tmp_path / "state.json", tmp_path / "state.new", tmp_path / "other"
    other.write_bytes(b"other")
    match kind:
        case "link":
            new.symlink_to(other)
        case "pipe":
            os.mkfifo(new)
        case _:
            new.write_bytes(b"[1, 2, 3, 4")
    write_json_atomically(file, [1])
    assert read_json(file) == [1]
    assert not file.is_symlink()
    assert sorted(tmp_path.iterdir()) == [other, file]
    assert other.read_bytes() == b"other"


def test_nothing_is_appended_to_a_link(tmp_path: Path) -> None:
    other, link = tmp_path / "other", tmp_path / "lines.log"
    other.write_bytes(b"other")
    link.symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        append(link, b"line\n")
    assert other.read_bytes() == b"other"
