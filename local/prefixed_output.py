"""What the parts of the machine write, on one terminal."""

import os
import re
import threading
from collections import deque
from contextlib import suppress

_REMEMBERED = 15  # lines that are shown again when a part has died
_NOTHING = re.compile(r"(?!)")
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+ [A-Z]+ ")  # other lines belong to the one before


class Voice:
    """Carries what one part writes to the terminal, line by line, its name in front.

    `output` is the file descriptor to start the part with; `last` are its latest lines. Lines in
    which `hidden` is found are remembered, but not shown.
    """

    def __init__(self, name: str, hidden: re.Pattern[str] = _NOTHING) -> None:
        self.name = name
        self._hidden = hidden
        self.last: deque[str] = deque(maxlen=_REMEMBERED)
        reader, self.output = os.pipe()
        self._thread = threading.Thread(target=self._carry, args=(reader,), daemon=True)
        self._thread.start()

    def hand_over(self) -> None:
        """Call this once the part has started: now only the part holds `output`."""
        os.close(self.output)

    def finish(self) -> None:
        """Wait a moment for what an ended part wrote last."""
        self._thread.join(2)

    def _carry(self, reader: int) -> None:
        is_shown = True
        with open(reader, encoding="utf-8", errors="replace") as lines:
            for line in map(str.rstrip, lines):
                self.last.append(line)
                if is_shown := self._is_shown(line, is_shown):
                    say(f"[{self.name}] {line}")

    def _is_shown(self, line: str, was_shown: bool) -> bool:
        """Return whether to show a line, given whether the one before it was shown."""
        if self._hidden.search(line):
            return False
        return was_shown or bool(_LOG_LINE.match(line))


def say(text: str) -> None:
    """Print, even where the terminal has gone away in the meantime."""
    with suppress(OSError):
        print(text, flush=True)
