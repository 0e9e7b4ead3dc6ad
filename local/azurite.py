"""Azurite, Microsoft's emulator of Azure Storage, as a child process."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from local.ports import free_ports
from local.processes import ROOT, StartError, answers, kill, start, stop, wait_until

ACCOUNT = "devstoreaccount1"
# Public: the same in every Azurite, see Microsoft's page "Use the Azurite emulator".
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
DEFAULT_PORTS = (10000, 10001, 10002)  # blob, queue, table: where Storage Explorer looks


class Azurite:
    """One Azurite. After `stop` and `start` it has the same ports, and its data if it has a folder.

    With `folder` None all data is in memory; `ports` (blob, queue, table) default to free ones;
    `output` receives what it prints; `more_accounts` are storage accounts beside ACCOUNT, with the
    same key. As a context manager it starts and stops.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        ports: Sequence[int] | None = None,
        output: int | IO[bytes] = subprocess.DEVNULL,
        more_accounts: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.ports = tuple(ports or free_ports(3))
        self._output = output
        self._accounts = (ACCOUNT, *more_accounts)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def connection_string(self) -> str:
        """The connection string of ACCOUNT."""
        return self.connection_string_of(ACCOUNT)

    def connection_string_of(self, account: str) -> str:
        """Return the connection string of one of its storage accounts."""
        blob, queue, table = self.ports
        return (
            f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{blob}/{account};"
            f"QueueEndpoint=http://127.0.0.1:{queue}/{account};"
            f"TableEndpoint=http://127.0.0.1:{table}/{account};"
        )

    def start(self) -> None:
        """Start it, and wait until all three services answer. Raises StartError if they do not."""
        accounts = ";".join(f"{account}:{ACCOUNT_KEY}" for account in self._accounts)
        env = {**os.environ, "AZURITE_ACCOUNTS": accounts}
        self.process = start(self.command(), output=self._output, env=env)
        try:
            wait_until(self.answers, self.process, "Azurite", 300)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop it cleanly: all data is on the disk afterwards."""
        if self.process:
            stop(self.process)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        if self.process:
            kill(self.process)

    def __enter__(self) -> "Azurite":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def answers(self) -> bool:
        """Return whether all three services answer."""
        return all(answers(f"http://127.0.0.1:{port}/{ACCOUNT}") for port in self.ports)

    def command(self) -> list[str]:
        """Return the command line. Raises StartError, with what to do, if it is not installed."""
        program = ROOT / "node_modules" / ".bin" / "azurite"
        if not shutil.which("node"):
            raise StartError("Azurite needs Node.js 20 or newer; no `node` is on PATH.")
        if not program.exists():
            raise StartError("Azurite is not installed here; run `make setup`.")
        blob, queue, table = map(str, self.ports)
        storage = ["--location", str(self.folder)] if self.folder else ["--inMemoryPersistence"]
        return [
            str(program),
            "--silent",
            "--disableTelemetry",
            "--skipApiVersionCheck",  # the SDKs use newer API versions
            *("--blobPort", blob, "--queuePort", queue, "--tablePort", table),
            *storage,
        ]
