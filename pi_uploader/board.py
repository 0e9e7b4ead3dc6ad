"""Which Raspberry Pi this is, and the limits of its hardware."""

import re
from pathlib import Path

MODEL_FILE = Path("/proc/device-tree/model")
MEMORY_FILE = Path("/proc/meminfo")
MAX_CLIP_WIDTH = 2032  # pixels; of the H.264 encoder of every Pi up to the 4


def model() -> str:
    """Return the board's name, such as `Raspberry Pi Zero 2 W Rev 1.0`; empty if it has none."""
    try:
        return MODEL_FILE.read_text(errors="replace").strip("\0\n")
    except OSError:
        return ""


def has_hardware_encoder() -> bool:
    """Return whether the board encodes clips, as every Pi before the 5 does. A Pi 5 encodes them in
    software, without a limit on their width."""
    return model().startswith("Raspberry Pi") and not is_pi_5()


def is_pi_5() -> bool:
    """Return whether this is a Pi 5, or another board with its chips."""
    return bool(re.match(r"Raspberry Pi (Compute Module )?5(00)?\b", model()))


def contiguous_memory() -> int | None:
    """Return the bytes of memory that are reserved for cameras (CMA); None if unknown."""
    try:
        match = re.search(r"^CmaTotal:\s+([0-9]+) kB", MEMORY_FILE.read_text(), re.M)
    except OSError:
        return None
    return int(match[1]) * 1024 if match and int(match[1]) else None
