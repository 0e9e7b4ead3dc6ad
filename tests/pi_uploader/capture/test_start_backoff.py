"""The wait after failed starts."""

from pathlib import Path

from pi_uploader.capture.start_backoff import StartBackoff


def test_without_a_state_directory_there_is_no_delay(tmp_path: Path) -> None:
    """`pi-uploader run` delays restarts itself. A damaged file counts as none."""
    backoff = StartBackoff({})
    assert [backoff.next_delay() for _ in range(3)] == [0, 0, 0]
    (tmp_path / "failed-capture-starts").write_text("not a number")
    assert StartBackoff({"STATE_DIRECTORY": str(tmp_path)}).next_delay() == 0
