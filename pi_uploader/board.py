"""Which Raspberry Pi this is, and what its hardware cannot do."""

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
    """Return whether clips are encoded by the board: a Pi before the 5. A Pi 5 has no encoder, and
    its processor no such limit."""
    return model().startswith("Raspberry Pi") and not is_pi_5()


def is_pi_5() -> bool:
    """Return whether it is a Pi 5, or another board with its chips."""
    return bool(re.match(r"Raspberry Pi (Compute Module )?5(00)?\b", model()))


def contiguous_memory() -> int | None:
    """Return the bytes of memory that is set aside for cameras (CMA); None if nobody says."""
    try:
        found = re.search(r"^CmaTotal:\s+([0-9]+) kB", MEMORY_FILE.read_text(), re.M)
    except OSError:
        return None
    return int(found[1]) * 1024 if found and int(found[1]) else None
