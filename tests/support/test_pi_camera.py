"""The fake picamera2 has the signatures of the real versions, the oldest supported ones included.

picamera2 itself cannot be imported without a Pi's libcamera, so its source is read.
"""

import ast
from pathlib import Path

import pytest

from pi_uploader.cameras.picamera.library import MIN_VERSION, MIN_VERSION_FOR_CLIPS
from tests.support.picamera_sources import SOURCES, picamera2_of

FAKE = Path(__file__).parent / "pi_camera" / "picamera2"
FILES = {
    "Job": ("__init__.py", "job.py"),
    "CompletedRequest": ("__init__.py", "request.py"),
    "Picamera2": ("__init__.py", "picamera2.py"),
    "H264Encoder": ("encoders.py", "encoders/h264_encoder.py"),
    "PyavOutput": ("outputs.py", "outputs/pyavoutput.py"),
    "IMX500": ("devices/imx500.py", "devices/imx500/imx500.py"),
    "NetworkIntrinsics": ("devices/imx500.py", "devices/imx500/imx500.py"),
    "CircularOutput2": ("outputs.py", "outputs/circularoutput2.py"),
}
# Methods that differ in older versions; the program does not depend on the difference.
KNOWN_DIFFERENCES = {
    ("0.3.22", "Picamera2"): {"configure"},  # its default, which is not used
    ("0.3.24", "PyavOutput"): {"__init__"},  # takes no options
    **{(one, "IMX500"): {"__init__"} for one in ("0.3.22", "0.3.24", "0.3.31")},  # no injection
}
# Defaults that are objects of libcamera, and what the fake has in their place.
FAKE_DEFAULTS = {"libcamera.Transform()": "Transform()", "libcamera.ColorSpace.Sycc()": "'Sycc'"}


def signatures(file: Path, name: str) -> dict[str, list[tuple[str, str]]]:
    """Return the parameters of each method of a class, in order, with their defaults. Of several
    definitions the last one counts, as in Python."""
    module = ast.parse(file.read_text())
    classes = (node for node in module.body if isinstance(node, ast.ClassDef))
    (wanted,) = [one for one in classes if one.name == name]
    return {
        method.name: parameters(method)
        for method in wanted.body
        if isinstance(method, ast.FunctionDef)
    }


def parameters(method: ast.FunctionDef) -> list[tuple[str, str]]:
    names = [one.arg for one in method.args.posonlyargs + method.args.args]
    defaults = [FAKE_DEFAULTS.get(text := ast.unparse(one), text) for one in method.args.defaults]
    return list(zip(names, ["required"] * (len(names) - len(defaults)) + defaults, strict=True))


def differences(version: str, name: str) -> set[str]:
    """Return the methods of the fake whose signature differs in this version."""
    ours, theirs = FILES[name]
    fake = signatures(FAKE / ours, name)
    real = signatures(picamera2_of(version) / theirs, name)
    assert fake
    return {method for method, expected in fake.items() if real.get(method) != expected}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("version", SOURCES)
def test_the_fake_has_the_real_signatures(version: str, name: str) -> None:
    """In every method of the fake, except for the known differences."""
    if name in ("PyavOutput", "CircularOutput2") and not SOURCES[version].has_clips:
        assert not (picamera2_of(version) / FILES[name][1]).exists()
        return
    expected = KNOWN_DIFFERENCES.get((version, name), set())
    assert differences(version, name) == expected


def test_the_oldest_versions_are_the_minimum_versions() -> None:
    numbers = {tuple(map(int, one.split("."))): source for one, source in SOURCES.items()}
    assert min(numbers) == MIN_VERSION
    assert min(one for one, source in numbers.items() if source.has_clips) == MIN_VERSION_FOR_CLIPS
