"""What the terminal shows of what the parts of `make run` write."""

import os
import re
from collections.abc import Sequence

import pytest

from local.prefixed_output import Voice
from local.run import HIDDEN

TIME = "2026-11-27T17:49:06.716Z"
TRACEBACK = ["Traceback (most recent call last):", '  File "app.py", line 1', "ValueError: no"]
REQUEST = (
    f"{TIME} INFO function_app.http.dispatch: method=GET route=api/photos status=200 ms=16 photo=-"
)


def shown(capsys: pytest.CaptureFixture[str], part: str, lines: Sequence[str]) -> list[str]:
    """Return the lines that reach the terminal, without the part's name."""
    voice = Voice(part, HIDDEN.get(part, re.compile("(?!)")))
    os.write(voice.output, "".join(f"{line}\n" for line in lines).encode())
    voice.hand_over()
    voice.finish()
    assert list(voice.last) == list(lines)
    return [line.removeprefix(f"[{part}] ") for line in capsys.readouterr().out.splitlines()]


def test_a_request_has_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "backend", [REQUEST, REQUEST.replace("200", "404")]) == []


def test_a_photo_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    taken, delivered = (
        f"{TIME} INFO capture: photo taken a",
        f"{TIME} INFO upload: photo delivered a",
    )
    assert shown(capsys, "capture", [taken]) == []
    assert shown(capsys, "upload", [delivered]) == [delivered]


@pytest.mark.parametrize("part", ["backend", "capture", "upload"])
def test_what_goes_wrong_is_shown_with_its_traceback(
    capsys: pytest.CaptureFixture[str], part: str
) -> None:
    """Also where the line before it is hidden."""
    wrong = [f"{TIME} ERROR local.host: get_photo failed", *TRACEBACK]
    hidden = [f"{TIME} INFO capture: photo taken a"]
    before = hidden if part == "capture" else [REQUEST] if part == "backend" else []
    assert shown(capsys, part, [*before, *wrong, *before]) == wrong


def test_other_lines_of_the_device_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for part in ("capture", "upload"):
        lines = [f"{TIME} INFO {part}: capturing with simulated", f"{TIME} WARNING {part}: late"]
        assert shown(capsys, part, lines) == lines
