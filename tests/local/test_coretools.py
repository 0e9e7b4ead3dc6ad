"""`make func`: the command line, and the error text where Core Tools are missing. They are not
available on every machine, so that no test starts them."""

from pathlib import Path

import pytest

from local import coretools
from local.ports import free_ports
from local.run import main


def test_without_core_tools_the_error_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (port,) = free_ports(1)
    state = tmp_path / "state"
    assert main(["--core-tools", "--port", str(port), "--state", str(state)]) == 1
    output = capsys.readouterr().out
    for advice in ["npm install -g azure-functions-core-tools@4", "brew ", "winget ", "make run"]:
        assert advice in output


def test_the_command_has_the_port_and_no_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    func = tmp_path / "func"
    func.write_text("#!/bin/sh\n")
    func.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert coretools.command(7072) == [str(func), "start", "--port", "7072"]
    assert coretools.environment()["FUNCTIONS_WORKER_RUNTIME"] == "python"
