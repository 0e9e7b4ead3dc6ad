"""stub"""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class Window:
    start: time
    end: time


def read_windows(text: str) -> tuple[Window, ...]:
    return ()


def is_armed(now, windows, zone) -> bool:  # type: ignore
    return True
