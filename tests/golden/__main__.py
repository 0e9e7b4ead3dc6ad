"""python -m tests.golden: record what this version says on the wire, into tests/golden/VERSION."""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local.azurite import Azurite
from local.processes import ROOT
from photo_wire import __version__
from tests.conftest import new_backend
from tests.golden.exchanges import FOLDER
from tests.golden.record import record, write
from tests.golden.stories import MAX_MB
from tests.support.backend import Backend


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument(
        "--again", action="store_true", help="although this version is released (don't)"
    )
    args = parser.parse_args()
    folder = FOLDER / __version__
    if folder.exists() and is_released() and not args.again:
        print(
            f"{__version__} is released, so what it says is a fact: give photo_wire/__init__.py "
            "the next version first, and CHANGELOG.md a section for it.",
            file=sys.stderr,
        )
        return 1
    with ExitStack() as running:
        logs = Path(running.enter_context(tempfile.TemporaryDirectory()))
        azurite = running.enter_context(Azurite())
        here, away = running.enter_context(backends(azurite.connection_string, logs, set()))
        recorded = record(here, away)
    write(recorded, folder)
    print(f"{len(recorded)} requests and replies in {folder.relative_to(ROOT)}: commit them.")
    return 0


@contextmanager
def backends(
    connection_string: str, logs: Path, secrets_used: set[str]
) -> Iterator[tuple[Backend, Backend]]:
    """Two that run: one over this store, and one whose store is away. The second one's port is
    assigned once the first listens, since the system may assign a port twice until then."""
    env = {"MAX_PHOTO_MB": str(MAX_MB)}
    nowhere = re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:9", connection_string)
    with ExitStack() as running:

        def start(storage: str) -> Backend:
            backend = new_backend(storage, env, logs, secrets_used)
            running.callback(backend.stop)
            backend.start()
            return backend

        yield start(connection_string), start(nowhere)


def is_released() -> bool:
    """Whether the changelog gives this version a date."""
    changes = (ROOT / "CHANGELOG.md").read_text()
    return re.search(rf"^## {re.escape(__version__)}, \d", changes, re.M) is not None


if __name__ == "__main__":
    sys.exit(main())
