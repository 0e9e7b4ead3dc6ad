"""What the terminal shows of the output of the processes of `make run`."""

import os
from collections.abc import Sequence

import pytest

from local.prefixed_output import NO_LINE, PrefixedOutput
from local.run import HIDDEN_LINES

TIME = "2026-11-27T17:49:06.716Z"
TRACEBACK = ["Traceback (most recent call last):", '  File "app.py", line 1', "ValueError: no"]
REQUEST = (
    f"{TIME} INFO function_app.http.dispatch: method=GET route=api/photos status=200 ms=16 photo=-"
)


def lines_shown(capsys: pytest.CaptureFixture[str], name: str, lines: Sequence[str]) -> list[str]:
    """Return the lines that are shown, without the name of the process."""
    output = PrefixedOutput(name, HIDDEN_LINES.get(name, NO_LINE))
    os.write(output.write_fd, "".join(f"{line}\n" for line in lines).encode())
    output.close_write_fd()
    output.finish()
    assert list(output.last_lines) == list(lines)
    return [line.removeprefix(f"[{name}] ") for line in capsys.readouterr().out.splitlines()]


def test_requests_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_shown(capsys, "backend", [REQUEST, REQUEST.replace("200", "404")]) == []


def test_a_photo_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    taken, delivered = (
        f"{TIME} INFO capture: photo taken a",
        f"{TIME} INFO upload: photo delivered a",
    )
    assert lines_shown(capsys, "capture", [taken]) == []
    assert lines_shown(capsys, "upload", [delivered]) == [delivered]


@pytest.mark.parametrize("name", ["backend", "capture", "upload"])
def test_errors_are_shown_with_their_traceback(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Even after a hidden line."""
    error = [f"{TIME} ERROR local.host: get_photo failed", *TRACEBACK]
    hidden = [f"{TIME} INFO capture: photo taken a"]
    before = hidden if name == "capture" else [REQUEST] if name == "backend" else []
    assert lines_shown(capsys, name, [*before, *error, *before]) == error


def test_other_lines_of_the_device_are_lines_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("capture", "upload"):
        lines = [f"{TIME} INFO {name}: capturing with simulated", f"{TIME} WARNING {name}: late"]
        assert lines_shown(capsys, name, lines) == lines
