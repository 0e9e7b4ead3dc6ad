"""The secrets of compose.yaml: `make container-secrets`.

It copies .env.example to .env, generates each secret that is empty there, and writes the file in
which the Functions host looks for its keys (AzureWebJobsSecretStorageType=files). What is there
already stays.
"""

import base64
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from local.processes import ROOT
from local.state import write_private

HOST_KEYS = Path(".local/containers/host.json")  # in the folder that compose.yaml mounts
GENERATORS: Mapping[str, Callable[[], str]] = {
    "STORAGE_KEY": lambda: base64.b64encode(secrets.token_bytes(64)).decode(),
    "FUNCTION_KEY": lambda: secrets.token_urlsafe(32),
    "GALLERY_PASSWORD": lambda: "-".join(secrets.token_hex(2) for _ in range(4)),
}


def main(root: Path = ROOT) -> int:
    """Write both files in `root`; return 0."""
    environment = root / ".env"
    source = environment if environment.exists() else root / ".env.example"
    lines = [_with_secret(line) for line in source.read_text().splitlines()]
    write_private(environment, "".join(f"{line}\n" for line in lines))
    values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    host_keys = root / HOST_KEYS
    if not host_keys.exists():
        host_keys.parent.mkdir(parents=True, exist_ok=True)
        keys = _host_keys(values["FUNCTION_KEY"])
        write_private(host_keys, json.dumps(keys, indent=2) + "\n")
    print(f"The secrets are in .env and {HOST_KEYS}. Next: docker compose up -d --build")
    return 0


def _with_secret(line: str) -> str:
    """Return a line of .env, with a new secret if it sets an empty one."""
    name, _, value = line.partition("=")
    return f"{name}={GENERATORS[name]()}" if name in GENERATORS and not value.strip() else line


def _host_keys(function_key: str) -> dict[str, object]:
    """Return what the Functions host reads: the master key, and a key for all functions."""
    master = {"name": "master", "value": secrets.token_urlsafe(32), "encrypted": False}
    device = {"name": "default", "value": function_key, "encrypted": False}
    return {"masterKey": master, "functionKeys": [device], "systemKeys": []}


if __name__ == "__main__":
    sys.exit(main())
