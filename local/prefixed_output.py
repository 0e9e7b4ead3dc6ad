"""The output of several processes on one terminal, each line with the name of its process."""

import os
import re
import threading
from collections import deque
from contextlib import suppress

_KEPT_LINES = 15  # shown again when a process has ended by itself
NO_LINE = re.compile(r"(?!)")  # matches no line
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+ [A-Z]+ ")  # any other line continues the previous one


class PrefixedOutput:
    """Copies the output of one process to the terminal, line by line, after its name.

    `write_fd` is the file descriptor with which to start the process; `last_lines` are its latest
    lines. Lines that `hidden` matches are kept, but not shown.
    """

    def __init__(self, name: str, hidden: re.Pattern[str] = NO_LINE) -> None:
        self.name = name
        self._hidden = hidden
        self.last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        reader, self.write_fd = os.pipe()
        self._thread = threading.Thread(target=self._copy, args=(reader,), daemon=True)
        self._thread.start()

    def close_write_fd(self) -> None:
        """Close `write_fd` in this process, once the process has started and holds it."""
        os.close(self.write_fd)

    def finish(self) -> None:
        """Wait, for two seconds at most, for the last lines of a process that has ended."""
        self._thread.join(2)

    def _copy(self, reader: int) -> None:
        is_shown = True
        with open(reader, encoding="utf-8", errors="replace") as lines:
            for line in map(str.rstrip, lines):
                self.last_lines.append(line)
                if is_shown := self._is_shown(line, is_shown):
                    echo(f"[{self.name}] {line}")

    def _is_shown(self, line: str, was_shown: bool) -> bool:
        """Return whether to show a line, given whether the previous line was shown."""
        if self._hidden.search(line):
            return False
        return was_shown or bool(_LOG_LINE.match(line))


def echo(text: str) -> None:
    """Print a text; do nothing if the terminal was closed in the meantime."""
    with suppress(OSError):
        print(text, flush=True)
