"""A fake of the Pi's camera library, which runs on a Pi only. With FOLDER on PYTHONPATH,
`import picamera2` finds it. tests/support/test_pi_camera.py compares it with the real ones."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.pictures import dng, mp4

FOLDER = Path(__file__).parent


@contextmanager
def fake_picamera2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make `import picamera2` import the fake in this process. Return its `hardware`, with which a
    test decides how the camera fails."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import picamera2

    picamera2.hardware.dng, picamera2.hardware.mp4 = dng(1), mp4(1)
    yield picamera2.hardware
    for name in [name for name in sys.modules if name.split(".")[0] in ("picamera2", "libcamera")]:
        del sys.modules[name]
