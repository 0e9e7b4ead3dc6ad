"""The stand-in for picamera2 cannot drift from the real one: their definitions are compared.

picamera2 itself cannot be imported without a Pi's libcamera, so its source is read.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = ROOT / ".venv" / "picamera2-source" / "picamera2"
STAND_IN = ROOT / "tests" / "rigs" / "pi_camera" / "picamera2"
FILES = {
    "Job": ("__init__.py", "job.py"),
    "CompletedRequest": ("__init__.py", "request.py"),
    "Picamera2": ("__init__.py", "picamera2.py"),
    "H264Encoder": ("encoders.py", "encoders/h264_encoder.py"),
    "PyavOutput": ("outputs.py", "outputs/pyavoutput.py"),
    "CircularOutput2": ("outputs.py", "outputs/circularoutput2.py"),
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


@pytest.mark.parametrize("name", FILES)
def test_the_stand_in_has_the_real_signatures(name: str) -> None:
    """Every method that the stand-in has, as picamera2 0.3.36 defines it."""
    if not REAL.is_dir():
        pytest.skip("picamera2's source is not here: make setup brings it")
    ours, theirs = FILES[name]
    stand_in, real = signatures(STAND_IN / ours, name), signatures(REAL / theirs, name)
    assert stand_in
    for method, expected in stand_in.items():
        assert real[method] == expected, f"{name}.{method}"
