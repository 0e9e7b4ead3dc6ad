"""Run Azurite, the backend and a simulated device until Ctrl-C: `make run`.

The exit code is 0 after Ctrl-C or SIGTERM; 1, with a sentence that says why, if a process could not
be started or ended by itself.
"""

import argparse
import os
import re
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import coretools
from local.azurite import DEFAULT_PORTS, Azurite
from local.device_settings import absolute_paths, settings_problems
from local.ports import PortLock, free_ports, is_taken
from local.prefixed_output import echo
from local.process_group import ProcessGroup, ShutdownRequested
from local.processes import ROOT, StartError
from local.state import Keys, State
from photo_wire.headers import UPLOAD_PATH
from pi_uploader.cameras.replay import ReplayCamera
from pi_uploader.cameras.simulated.scene import VISIT_EVERY
from pi_uploader.settings import SettingsError

MAX_START_SECONDS = 120  # of Azurite and the backend
# Lines that are not shown: a photo has one line, for its delivery, and a request has none.
HIDDEN_LINES = {
    "azurite": re.compile(""),
    "backend": re.compile(" INFO "),
    "capture": re.compile(" INFO capture: photo taken "),
}


def main(argv: Sequence[str] | None = None) -> int:
    options = _parse(argv)
    try:
        _run(options)
    except ShutdownRequested:
        echo(f"Ended. Your photos stay in {_display(options.state)}.")
        return 0
    except StartError as error:
        echo(str(error))
    return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.run",
        description="Run Azurite, the backend and a simulated device until Ctrl-C.",
    )
    parser.add_argument("--port", type=_port, default=7071, help="the backend's (7071)")
    parser.add_argument(
        "--azurite-port", type=_azurite_port, help="Azurite's first of three (10000)"
    )
    parser.add_argument("--photos", type=Path, help="folder of pictures that the device replays")
    parser.add_argument("--state", type=Path, default=ROOT / ".local", help="folder (.local)")
    parser.add_argument("--verbose", action="store_true", help="show all lines of all processes")
    parser.add_argument("--core-tools", action="store_true", help="run the backend under `func`")
    return parser.parse_args(argv)


def _port(text: str, highest: int = 65535) -> int:
    """Return the port that somebody wrote. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= highest):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: expected 1 to {highest}")
    return int(text)


def _azurite_port(text: str) -> int:
    """Return the first of three ports in a row. Raises ArgumentTypeError."""
    return _port(text, highest=65533)


def _run(options: argparse.Namespace) -> None:
    """Run everything. Raises ShutdownRequested at the user's wish, StartError for a failure."""
    state = State(options.state)
    replay_setting = _replay_setting(options.photos)
    base_url = f"http://127.0.0.1:{options.port}"
    with state.in_use(), ProcessGroup({} if options.verbose else HIDDEN_LINES) as group:
        keys = state.keys()
        device = _device_settings(base_url, keys, state) | replay_setting
        environ = {**os.environ, **device}
        if problems := settings_problems(environ):
            raise StartError("\n".join(problems))
        azurite = _start_servers(options, group, state, base_url)
        for name, command in device_processes(environ).items():
            group.add(name, command, device, restarts=True)

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
        echo(_ready_text(base_url, keys, azurite, options.state))
        group.wait()


def _start_servers(
    options: argparse.Namespace, group: ProcessGroup, state: State, base_url: str
) -> Azurite:
    """Start Azurite and the backend, and return Azurite once both answer. Another run that is about
    to use the same ports ends its start first: else both would find them free."""
    first = options.azurite_port or DEFAULT_PORTS[0]
    with PortLock([options.port, first, first + 1, first + 2]) as lock:
        group.wait_for(lock.try_take, "the end of another run's start", MAX_START_SECONDS)
        if is_taken(options.port):
            raise StartError(
                f"Port {options.port} is taken by another program; choose another one, for "
                f"example: make run PORT={options.port + 1}"
            )
        azurite = Azurite(state.azurite, ports=azurite_ports(options.azurite_port))
        backend = _backend_command(options, state.keys(), azurite.connection_string)
        group.add("azurite", azurite.command())
        group.wait_for(azurite.answers, "Azurite", 60)
        group.add("backend", *backend)
        group.wait_for(lambda: _is_healthy(base_url), "a healthy backend", 60)
        return azurite


def _device_settings(base_url: str, keys: Keys, state: State) -> dict[str, str]:
    """Return the settings of the simulated device, for its environment: paths that a person wrote
    are those of the folder in which they stand."""
    return {
        **absolute_paths(os.environ, Path.cwd()),
        "BASE_URL": base_url,
        "AZURE_FUNCTION_KEY": keys.function_key,
        "CAMERA_NAME": os.environ.get("CAMERA_NAME", "simulated"),
        "CAMERA_SOURCE": "simulated",
        "CAMERA_CLOCK": "trusted",
        "CAMERA_SPOOL": str(state.spool),
        "PIR_PIN": "17",
    }


def _backend_command(
    options: argparse.Namespace, keys: Keys, connection_string: str
) -> tuple[list[str], dict[str, str]]:
    """Return the backend's command, and its settings for the environment: keys must not be visible
    in the process list."""
    settings = {
        "AzureWebJobsStorage": connection_string,
        "READ_TOKEN": keys.read_token,
        "ADMIN_TOKEN": keys.admin_token,
        "GALLERY_PASSWORD": keys.gallery_password,
        "CHANNEL_NETWORKS": _channel_networks(),
    }
    if options.core_tools:
        return coretools.command(options.port), {**settings, **coretools.environment()}
    command = [sys.executable, "-m", "local.host", "--port", str(options.port)]
    return command, {**settings, "FUNCTION_KEY": keys.function_key}


def _channel_networks() -> str:
    """Return the private networks that notifications may reach: this machine, for receivers that
    are tried out on it, unless the environment says something else."""
    return os.environ.get("CHANNEL_NETWORKS", "loopback")


def azurite_ports(first: int | None) -> list[int]:
    """Return the ports for blob, queue and table: from `first` on if it is set, else the default
    ones, which Storage Explorer expects, else free ones. Raises StartError if `first` is taken."""
    ports = list(DEFAULT_PORTS) if first is None else [first, first + 1, first + 2]
    taken = [port for port in ports if is_taken(port)]
    if taken and first is not None:
        raise StartError(
            f"Port {taken[0]} is taken by another program; choose another AZURITE_PORT."
        )
    if taken:
        ports = free_ports(3)
        echo(f"Port {taken[0]} is taken by another program: Azurite uses {ports} instead.")
    return ports


def device_processes(environ: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the commands of the device's processes by their names, given its settings."""
    processes = {"upload": "pi_uploader upload", "capture": "local.device"}
    if environ.get("CAMERA_DETECT", "off") != "off":
        processes["detect"] = "pi_uploader detect"
    return {name: [sys.executable, "-m", *of.split()] for name, of in processes.items()}


def _replay_setting(photos: Path | None) -> dict[str, str]:
    """Return the device's setting that makes it replay a folder, if there is one. Raises StartError
    if the folder is missing or has no picture in it."""
    if photos is None:
        return {}
    if not photos.is_dir():
        raise StartError(f"PHOTOS={photos}: this folder does not exist.")
    try:
        ReplayCamera(photos)
    except SettingsError:
        raise StartError(
            f"PHOTOS={photos}: there is no .jpg, .jpeg, .dng or .mp4 file in this folder."
        ) from None
    return {"CAMERA_REPLAY": str(photos.resolve())}


def _is_healthy(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/api/health", timeout=10) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def _ready_text(base_url: str, keys: Keys, azurite: Azurite, state: Path) -> str:
    has_default_ports = azurite.ports == DEFAULT_PORTS
    explorer = (
        "Emulator - Default Ports" if has_default_ports else "Connect to a storage account with"
    )
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
  Storage Explorer  {explorer}:
                    {azurite.connection_string}
  For scripts       {_display(state / "run.json")}
  Notifications     {_notifications_text(_channel_networks())}

{photos_text(os.environ)}
Each photo has one line here; VERBOSE=1 shows all log lines.
Ctrl-C ends everything; your photos stay in {_display(state)}.
After kill -9, or a power cut, Azurite loses what it has not saved: the last seconds.
"""


def photos_text(environ: Mapping[str, str]) -> str:
    """Say when the device takes photos, given its settings."""
    if {environ.get("CAMERA_MOTION", "off"), environ.get("CAMERA_CONFIRM", "off")} == {"off"}:
        return "The device takes a photo at each simulated movement, every few seconds."
    return (
        f"Somebody comes into the simulated picture every {VISIT_EVERY:.0f} seconds; the device "
        "takes photos of them."
    )


def _notifications_text(networks: str) -> str:
    """Say where notifications may go."""
    places = "of this machine" if networks == "loopback" else "of these networks"
    if not networks:
        return "go to public addresses alone (CHANNEL_NETWORKS is empty)"
    return f"go to public addresses and to those {places}: CHANNEL_NETWORKS={networks}"


def _display(path: Path) -> str:
    """Return the path as one writes it in the repository's folder."""
    path = path.resolve()
    return f"{path.relative_to(ROOT)}" if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
