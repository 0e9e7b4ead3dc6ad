"""`make container-secrets` writes .env and the Functions host's keys, once."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from local.container_secrets import GENERATORS, HOST_KEYS, main
from local.processes import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / ".env.example", tmp_path)
    return tmp_path


def values(folder: Path) -> dict[str, str]:
    return values_of((folder / ".env").read_text())


def values_of(text: str) -> dict[str, str]:
    lines = text.splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_secrets_are_generated_and_private(folder: Path) -> None:
    """The example has none; its other values are copied."""
    assert main(folder) == 0
    made = values(folder)
    example = values_of((ROOT / ".env.example").read_text())
    assert {name: made[name] for name in example.keys() - GENERATORS.keys()} == {
        name: example[name] for name in example.keys() - GENERATORS.keys()
    }
    assert not any(example[name] for name in GENERATORS)
    assert len(base64.b64decode(made["STORAGE_KEY"], validate=True)) == 64
    assert all(len(made[name]) >= 19 for name in GENERATORS)
    for file in (folder / ".env", folder / HOST_KEYS):
        assert file.stat().st_mode & 0o777 == 0o600


def test_the_hosts_file_is_what_the_functions_host_reads(folder: Path) -> None:
    """By the host's HostSecrets: a missing master key or list would end it."""
    main(folder)
    keys = json.loads((folder / HOST_KEYS).read_text())
    assert keys.keys() == {"masterKey", "functionKeys", "systemKeys"}
    (device,) = keys["functionKeys"]
    assert device == {
        "name": "default",
        "value": values(folder)["FUNCTION_KEY"],
        "encrypted": False,
    }
    master = keys["masterKey"]
    assert (master["name"], master["encrypted"]) == ("master", False)
    assert len(master["value"]) > 32
    assert master["value"] != device["value"]


def test_what_is_there_stays(folder: Path) -> None:
    """A second run changes nothing, and a value of one's own is kept."""
    (folder / ".env").write_text("GALLERY_PASSWORD=chosen by hand\nSTORAGE_KEY=\nFUNCTION_KEY=k\n")
    main(folder)
    first = values(folder)
    assert (first["GALLERY_PASSWORD"], first["FUNCTION_KEY"]) == ("chosen by hand", "k")
    assert first["STORAGE_KEY"]
    keys = (folder / HOST_KEYS).read_text()
    main(folder)
    assert (values(folder), (folder / HOST_KEYS).read_text()) == (first, keys)


def test_no_secret_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(folder)
    printed = capsys.readouterr().out
    assert "docker compose up" in printed
    assert not any(values(folder)[name] in printed for name in GENERATORS)
