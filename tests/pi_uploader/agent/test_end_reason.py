"""Why the process ends, as systemd says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pi_uploader.agent.end_reason import end_reason


@pytest.fixture
def set_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """set_state(name) makes `systemctl is-system-running` print this."""

    def set_name(name: str) -> None:
        program = tmp_path / "systemctl"
        program.write_text(f"#!/bin/sh\n[ $1 = is-system-running ] && echo {name}\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return set_name


@pytest.mark.parametrize(
    ("state", "reason"), [("running", "restart"), ("degraded", "restart"), ("stopping", "shutdown")]
)
def test_a_service(state: str, reason: str, set_state: Callable[[str], None]) -> None:
    set_state(state)
    assert end_reason({"INVOCATION_ID": "1"}) == reason


def test_without_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert end_reason({}) == "shutdown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_reason({"INVOCATION_ID": "1"}) == "shutdown"
