"""The stand-in for picamera2 cannot drift from the real ones: their definitions are compared, those
of the oldest version that photos and clips can be taken with among them.

picamera2 itself cannot be imported without a Pi's libcamera, so its source is read.
"""

import ast
from pathlib import Path
from typing import Any

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.picamera import Picamera2Camera
from pi_uploader.cameras.picamera_library import MIN_VERSION, MIN_VERSION_FOR_CLIPS
from tests.pi_uploader.picamera_sources import SOURCES, picamera2_of

ROOT = Path(__file__).parents[2]
STAND_IN = ROOT / "tests" / "support" / "pi_camera" / "picamera2"
FILES = {
    "Job": ("__init__.py", "job.py"),
    "CompletedRequest": ("__init__.py", "request.py"),
    "Picamera2": ("__init__.py", "picamera2.py"),
    "H264Encoder": ("encoders.py", "encoders/h264_encoder.py"),
    "PyavOutput": ("outputs.py", "outputs/pyavoutput.py"),
    "CircularOutput2": ("outputs.py", "outputs/circularoutput2.py"),
}
# What was otherwise in older versions, and what the program does not depend on.
KNOWN_DIFFERENCES = {
    ("0.3.22", "Picamera2"): {"configure"},  # its default, which is not used
    ("0.3.24", "PyavOutput"): {"__init__"},  # takes no options
}
# How a default that is an object of libcamera is written in the stand-in.
SAME = {"libcamera.Transform()": "Transform()", "libcamera.ColorSpace.Sycc()": "'Sycc'"}


def signatures(file: Path, name: str) -> dict[str, list[tuple[str, str]]]:
    """Of each method of a class: its parameters, in order, with their defaults. Of several
    definitions the last one counts, as in Python."""
    module = ast.parse(file.read_text())
    (found,) = [one for one in module.body if isinstance(one, ast.ClassDef) and one.name == name]
    return {
        method.name: parameters(method)
        for method in found.body
        if isinstance(method, ast.FunctionDef)
    }


def parameters(method: ast.FunctionDef) -> list[tuple[str, str]]:
    names = [one.arg for one in method.args.posonlyargs + method.args.args]
    defaults = [SAME.get(text := ast.unparse(one), text) for one in method.args.defaults]
    return list(zip(names, ["required"] * (len(names) - len(defaults)) + defaults, strict=True))


def differences(version: str, name: str) -> set[str]:
    """Return the methods of the stand-in that are defined otherwise in this version."""
    ours, theirs = FILES[name]
    stand_in = signatures(STAND_IN / ours, name)
    real = signatures(picamera2_of(version) / theirs, name)
    assert stand_in
    return {method for method, expected in stand_in.items() if real.get(method) != expected}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("version", SOURCES)
def test_the_stand_in_has_the_real_signatures(version: str, name: str) -> None:
    """Every method that the stand-in has, but for those that the program knows to be different."""
    if name in ("PyavOutput", "CircularOutput2") and not SOURCES[version].has_clips:
        assert not (picamera2_of(version) / FILES[name][1]).exists()
        return
    expected = KNOWN_DIFFERENCES.get((version, name), set())
    assert differences(version, name) == expected


def test_the_oldest_versions_are_those_that_the_program_asks_for() -> None:
    numbers = {tuple(map(int, one.split("."))): source for one, source in SOURCES.items()}
    assert min(numbers) == MIN_VERSION
    assert min(one for one, source in numbers.items() if source.has_clips) == MIN_VERSION_FOR_CLIPS


def test_a_clip_is_written_by_a_library_that_takes_no_options(
    fate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before 0.3.31: its description then is at its end."""
    import picamera2.outputs

    real = picamera2.outputs.PyavOutput

    class Old(real):  # type: ignore[misc, valid-type]
        def __init__(self, output_name: str, format: str | None = None, pts: None = None) -> None:
            super().__init__(output_name, format, pts)

    monkeypatch.setattr(picamera2.outputs, "PyavOutput", Old)
    occasion = CaptureContext("gate", Trigger.MOTION, None)
    camera = Picamera2Camera(format=Media.MP4, clip_seconds=0.01)
    assert camera.take(occasion).media is Media.MP4
