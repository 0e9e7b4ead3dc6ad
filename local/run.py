"""What `make run` runs: Azurite, the backend and a simulated device, until Ctrl-C.

Exit code 0 after Ctrl-C or SIGTERM; 1, with a sentence that says why, if something could not be
started or ended by itself.
"""

import argparse
import os
import re
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from local import coretools
from local.azurite import DEFAULT_PORTS, Azurite
from local.prefixed_output import say
from local.process_group import Machine, ShutdownRequested
from local.processes import ROOT, StartError, free_ports, is_taken
from local.state import Keys, State
from photo_wire.headers import UPLOAD_PATH
from pi_uploader.cameras.replay import ReplayCamera
from pi_uploader.settings import SettingsError

# What the terminal does not show: a photo has one line, of its delivery, and a request has none.
HIDDEN = {
    "azurite": re.compile(""),
    "backend": re.compile(" INFO "),
    "capture": re.compile(" INFO capture: photo taken "),
}


def main(argv: Sequence[str] | None = None) -> int:
    options = _parse(argv)
    try:
        _run(options)
    except ShutdownRequested:
        say(f"Ended. Your photos stay in {_shown(options.state)}.")
        return 0
    except StartError as error:
        say(str(error))
    return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.run",
        description="Run Azurite, the backend and a simulated device until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, default=7071, help="the backend's (7071)")
    parser.add_argument("--azurite-port", type=int, help="Azurite's first of three (10000)")
    parser.add_argument("--photos", type=Path, help="folder of pictures that the device replays")
    parser.add_argument("--state", type=Path, default=ROOT / ".local", help="folder (.local)")
    parser.add_argument("--verbose", action="store_true", help="show every line of every part")
    parser.add_argument("--core-tools", action="store_true", help="run the backend under `func`")
    return parser.parse_args(argv)


def _run(options: argparse.Namespace) -> None:
    """Run until something raises Ended or StartError."""
    state = State(options.state)
    replay = _replay(options.photos)
    if is_taken(options.port):
        raise StartError(
            f"Port {options.port} is taken by another program; choose another one, for example: "
            f"make run PORT={options.port + 1}"
        )
    base_url = f"http://127.0.0.1:{options.port}"
    with state.in_use(), Machine({} if options.verbose else HIDDEN) as machine:
        keys = state.keys()
        azurite = Azurite(state.azurite, ports=azurite_ports(options.azurite_port))
        backend = _backend(options, keys, azurite.connection_string)

        machine.add("azurite", azurite.command())
        machine.wait_for(azurite.answers, "Azurite", 60)
        machine.add("backend", *backend)
        machine.wait_for(lambda: _is_healthy(base_url), "the backend's good health", 60)
        device = {
            "BASE_URL": base_url,
            "AZURE_FUNCTION_KEY": keys.function_key,
            "CAMERA_NAME": os.environ.get("CAMERA_NAME", "simulated"),
            "CAMERA_SOURCE": "simulated",
            "CAMERA_CLOCK": "trusted",
            "CAMERA_SPOOL": str(state.spool),
            "PIR_PIN": "17",
            **replay,
        }
        machine.add("upload", [sys.executable, "-m", "pi_uploader", "upload"], device)
        machine.add("capture", [sys.executable, "-m", "local.device"], device)

        state.announce(
            {
                "base_url": base_url,
                "function_key": keys.function_key,
                "read_token": keys.read_token,
                "admin_token": keys.admin_token,
                "gallery_password": keys.gallery_password,
                "connection_string": azurite.connection_string,
            }
        )
        say(_ready(base_url, keys, azurite, options.state))
        machine.wait()


def _backend(
    options: argparse.Namespace, keys: Keys, connection_string: str
) -> tuple[list[str], dict[str, str]]:
    """The backend's command and its settings. They go by the environment: keys must not show in the
    process list."""
    settings = {
        "AzureWebJobsStorage": connection_string,
        "READ_TOKEN": keys.read_token,
        "ADMIN_TOKEN": keys.admin_token,
        "GALLERY_PASSWORD": keys.gallery_password,
    }
    if options.core_tools:
        return coretools.command(options.port), {**settings, **coretools.environment()}
    command = [sys.executable, "-m", "local.host", "--port", str(options.port)]
    return command, {**settings, "FUNCTION_KEY": keys.function_key}


def azurite_ports(first: int | None) -> list[int]:
    """Blob, queue and table ports: from `first` on if it was chosen, else those where Storage
    Explorer looks, else free ones."""
    ports = list(DEFAULT_PORTS) if first is None else [first, first + 1, first + 2]
    taken = [port for port in ports if is_taken(port)]
    if taken and first is not None:
        raise StartError(
            f"Port {taken[0]} is taken by another program; choose another AZURITE_PORT."
        )
    if taken:
        ports = free_ports(3)
        say(f"Port {taken[0]} is taken by another program: Azurite uses {ports} instead.")
    return ports


def _replay(photos: Path | None) -> dict[str, str]:
    """The device's setting that makes it replay a folder. Raises StartError if that is no folder
    or has no picture in it."""
    if photos is None:
        return {}
    if not photos.is_dir():
        raise StartError(f"PHOTOS={photos}: there is no such folder.")
    try:
        ReplayCamera(photos)
    except SettingsError:
        raise StartError(
            f"PHOTOS={photos}: there is no .jpg, .jpeg, .dng or .mp4 file in this folder."
        ) from None
    return {"CAMERA_REPLAY": str(photos.resolve())}


def _is_healthy(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/api/health", timeout=10) as reply:  # noqa: S310
            return bool(reply.status == 200)
    except OSError:
        return False


def _ready(base_url: str, keys: Keys, azurite: Azurite, state: Path) -> str:
    emulator = azurite.ports == DEFAULT_PORTS
    where = "Emulator - Default Ports" if emulator else "Connect to a storage account with"
    return f"""
Nightjar is ready.

  Gallery           {base_url}/
  Sign in           owner, with the password {keys.gallery_password}
  API               {base_url}/api/docs
  Read token        {keys.read_token}
  Admin token       {keys.admin_token}
  Function key      {keys.function_key}
  List the photos   curl -H "Authorization: Bearer {keys.read_token}" {base_url}/api/photos
  Send a picture    curl -T infra/test-photo.jpg -H "Content-Type: image/jpeg" \\
                         -H "x-functions-key: {keys.function_key}" {base_url}{UPLOAD_PATH}
  Storage Explorer  {where}:
                    {azurite.connection_string}
  For scripts       {_shown(state / "run.json")}

The device takes a photo whenever somebody walks past, every few seconds. Each has one line here;
VERBOSE=1 shows all that is logged.
Ctrl-C ends everything; your photos stay in {_shown(state)}.
Killed with kill -9, or by a power cut, Azurite loses what it has not saved: the last seconds.
"""


def _shown(path: Path) -> str:
    """The path as a person in the repository's folder would write it."""
    path = path.resolve()
    return f"{path.relative_to(ROOT)}" if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
