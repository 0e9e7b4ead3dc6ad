"""The sources of several versions of picamera2, which `make setup` downloads. Tests parse them, and
run only one module of them, which needs no libcamera."""

from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv"


@dataclass(frozen=True)
class PicameraSource:
    """One version: its folder in .venv, and whether it can write clips."""

    folder: str
    has_clips: bool = True


SOURCES = {
    "0.3.22": PicameraSource("picamera2-source-0.3.22", has_clips=False),
    "0.3.24": PicameraSource("picamera2-source-0.3.24"),
    "0.3.31": PicameraSource("picamera2-source-0.3.31"),
    "0.3.36": PicameraSource("picamera2-source"),
}


def picamera2_of(version: str) -> Path:
    """Return the folder of the package in this version. Fails the test if it is missing."""
    folder = VENV / SOURCES[version].folder / "picamera2"
    if not folder.is_dir():
        pytest.fail(f"picamera2 {version} is not here: run `make setup`")
    return folder
