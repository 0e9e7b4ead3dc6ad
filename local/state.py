"""The folder in which `make run` keeps its state from run to run (`.local/`)."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import StartError


@dataclass(frozen=True)
class Keys:
    """The secrets of the backend: the device's function key, the API tokens, and the owner's first
    password."""

    function_key: str = field(repr=False)
    read_token: str = field(repr=False)
    admin_token: str = field(repr=False)
    gallery_password: str = field(repr=False)


class State:
    """The folder: `azurite/` has Azurite's data, `spool/` the device's photos, `keys.json` the
    keys, and `run.json`, while everything runs, how to reach it. Only the owner may read both
    files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.azurite = self.folder / "azurite"
        self.spool = self.folder / "spool"
        self.run_file = self.folder / "run.json"
        self._keys_file = self.folder / "keys.json"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Lock the folder until the end of the block: two Azurites on one folder would destroy each
        other's data. Delete `run.json` at the end.

        Raises StartError if another process has locked it.
        """
        for folder in (self.azurite, self.spool):
            folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartError(
                    f"Nightjar already runs here, with its data in {self.folder}: use it, or end "
                    "that `make run` first, with Ctrl-C."
                ) from None
            self.run_file.unlink(missing_ok=True)  # of a run that was killed
            try:
                yield
            finally:
                self.run_file.unlink(missing_ok=True)

    def keys(self) -> Keys:
        """Return the keys, which the first run creates. Raises StartError if the file is
        damaged."""
        new = {
            "function_key": secrets.token_urlsafe(32),
            "read_token": secrets.token_hex(16),
            "admin_token": secrets.token_hex(16),
            "gallery_password": "-".join(secrets.token_hex(2) for _ in range(4)),
        }
        try:
            stored = json.loads(self._keys_file.read_text())
        except FileNotFoundError:
            stored = {}
        except ValueError:
            stored = None
        try:
            keys = Keys(**{**new, **stored})  # an older version stored fewer
            if stored != {**new, **stored}:
                _write(self._keys_file, {**new, **stored})
            return keys
        except TypeError:
            raise StartError(
                f"{self._keys_file} is damaged; delete it, and the next run creates new keys."
            ) from None

    def announce(self, how_to_reach: Mapping[str, str]) -> None:
        """Write `run.json`, which tells scripts that everything is ready."""
        _write(self.run_file, how_to_reach)


def _write(path: Path, content: Mapping[str, str]) -> None:
    write_private(path, json.dumps(content, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
