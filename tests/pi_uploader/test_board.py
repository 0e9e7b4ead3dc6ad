"""Which board this is, by its device tree and memory."""

from pathlib import Path

import pytest

from pi_uploader import board


@pytest.mark.parametrize(
    ("model", "is_pi_5", "has_encoder"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0", False, True),
        ("Raspberry Pi 4 Model B Rev 1.5", False, True),
        ("Raspberry Pi 5 Model B Rev 1.0", True, False),
        ("Raspberry Pi 500 Rev 1.0", True, False),
        ("Raspberry Pi Compute Module 5 Rev 1.0", True, False),
        ("Some PC", False, False),
    ],
)
def test_the_model_tells_what_the_board_can_do(
    model: str, is_pi_5: bool, has_encoder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file ends with a NUL character."""
    (tmp_path / "model").write_text(f"{model}\0")
    monkeypatch.setattr(board, "MODEL_FILE", tmp_path / "model")
    assert board.model() == model
    assert board.is_pi_5() is is_pi_5
    assert board.has_hardware_encoder() is has_encoder


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ("MemTotal: 439604 kB\nCmaTotal:         262144 kB\n", 262_144 * 1024),
        ("MemTotal: 439604 kB\nCmaTotal:              0 kB\n", None),
        ("MemTotal: 439604 kB\n", None),
        (None, None),
    ],
)
def test_the_memory_reserved_for_cameras(
    memory: str | None, expected: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None if it is 0, or not known."""
    if memory is not None:
        (tmp_path / "meminfo").write_text(memory)
    monkeypatch.setattr(board, "MEMORY_FILE", tmp_path / "meminfo")
    assert board.contiguous_memory() == expected
