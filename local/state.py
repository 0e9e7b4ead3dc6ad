"""The folder in which one machine keeps what it needs from run to run (`.local/`)."""

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
    """What opens the backend: the device's function key, the programs' tokens and the owner's first
    password."""

    function_key: str = field(repr=False)
    read_token: str = field(repr=False)
    admin_token: str = field(repr=False)
    gallery_password: str = field(repr=False)


class State:
    """`azurite/` holds Azurite's data, `spool/` the device's photos, `keys.json` the keys, and
    `run.json` says, while everything runs, how to reach it. Both files are the owner's alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.azurite = self.folder / "azurite"
        self.spool = self.folder / "spool"
        self.run_file = self.folder / "run.json"
        self._keys_file = self.folder / "keys.json"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the folder: two Azurites on one folder would destroy each other's data.

        Raises StartError if somebody else holds it. `run.json` is gone afterwards.
        """
        for folder in (self.azurite, self.spool):
            folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartError(
                    f"Another `make run` is using {self.folder}; end that one first."
                ) from None
            self.run_file.unlink(missing_ok=True)  # of a run that was killed
            try:
                yield
            finally:
                self.run_file.unlink(missing_ok=True)

    def keys(self) -> Keys:
        """The keys of the first run; made on it. Raises StartError if the file is damaged."""
        made = {
            "function_key": secrets.token_urlsafe(32),
            "read_token": secrets.token_hex(16),
            "admin_token": secrets.token_hex(16),
            "gallery_password": "-".join(secrets.token_hex(2) for _ in range(4)),
        }
        try:
            known = json.loads(self._keys_file.read_text())
        except FileNotFoundError:
            known = {}
        except ValueError:
            known = None
        try:
            keys = Keys(**{**made, **known})  # an older version made fewer
            if known != {**made, **known}:
                _write(self._keys_file, {**made, **known})
            return keys
        except TypeError:
            raise StartError(
                f"{self._keys_file} is damaged; delete it, and the next run makes new keys."
            ) from None

    def announce(self, how_to_reach: Mapping[str, str]) -> None:
        """Write `run.json`: everything is ready."""
        _write(self.run_file, how_to_reach)


def _write(path: Path, content: Mapping[str, str]) -> None:
    """Whole or not at all, and readable by its owner only."""
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    draft.replace(path)
