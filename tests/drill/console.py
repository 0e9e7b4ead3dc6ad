"""The drill's output: a status line on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable

TERMINAL_SECONDS = 0.1  # between two updates of the status line
PLAIN_SECONDS = 5.0  # between two plain lines


class Console:
    """Writes to standard output."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._updated_at = time.monotonic()

    def write_line(self, line: str = "") -> None:
        """Write a line that stays."""
        print(line, flush=True)

    def update(self, line: Callable[[], str], is_final: bool = False) -> None:
        """Write the status line, if it is due; on a terminal, in place of the last one. A final one
        stays. `line` is called only if it is due."""
        if not is_final and time.monotonic() - self._updated_at < (
            TERMINAL_SECONDS if self._is_terminal else PLAIN_SECONDS
        ):
            return
        self._updated_at = time.monotonic()
        if self._is_terminal:
            print(f"\r\033[K{line()}", end="\n" if is_final else "", flush=True)
        else:
            print(line(), flush=True)
