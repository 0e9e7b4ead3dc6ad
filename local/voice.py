"""What the parts of the machine write, on one terminal."""

import os
import threading
from collections import deque
from contextlib import suppress

_REMEMBERED = 15  # lines that are shown again when a part has died


class Voice:
    """Carries what one part writes to the terminal, line by line, its name in front.

    `output` is the file descriptor to start the part with; `last` are its latest lines.
    """

    def __init__(self, name: str) -> None:
        self.name = name
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
        with open(reader, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self.last.append(line.rstrip())
                say(f"[{self.name}] {line.rstrip()}")


def say(text: str) -> None:
    """Print, even where the terminal has gone away in the meantime."""
    with suppress(OSError):
        print(text, flush=True)
