"""The files of the pages: scripts, styles, icons and vendored libraries, those of `page/`.

Templates name them by an address that has a digest of all files in it, so that browsers keep them
for a year, and a new version has new addresses. A module that imports `./api.js` thereby gets the
one of its own version.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "page"
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_PREFIX = "assets/"
_IMPORT = re.compile(rb"""^(?:import|export)\b[^;'"]*?['"](\.[^'"]+)['"]""", re.MULTILINE)


class Asset(NamedTuple):
    """A file: its bytes, its type, its ETag."""

    body: bytes
    content_type: str
    etag: str


def find_asset(path: str) -> tuple[Asset | None, bool]:
    """Return the file for a path of the site, None if there is none, and whether it never changes
    under this path. A page of the version before gets the files of this one."""
    if not path.startswith(_PREFIX):
        return load_assets().get(path), False
    version, _, name = path.removeprefix(_PREFIX).partition("/")
    return load_assets().get(name), version == _version()


def asset_path(name: str) -> str:
    """Return the address of a file. Raises KeyError if there is none of this name."""
    load_assets()[name]
    return f"/{_PREFIX}{_version()}/{name}"


def module_paths(name: str) -> list[str]:
    """Return the addresses of a script and of the modules that it needs at its start, the script
    first, so that a browser need not find them one after another."""
    return [asset_path(one) for one in _modules(name)]


@cache
def _modules(name: str) -> tuple[str, ...]:
    found = {name: None}  # in order

    def add_imports(module: str) -> None:
        for imported in _imports(module):
            if imported not in found:
                found[imported] = None
                add_imports(imported)

    add_imports(name)
    return tuple(found)


def _imports(module: str) -> Iterator[str]:
    for match in _IMPORT.finditer(load_assets()[module].body):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(module), match[1].decode()))


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name, asset in sorted(load_assets().items()):
        digest.update(f"{name} {asset.etag}\n".encode())
    return digest.hexdigest()[:16]


@cache
def load_assets() -> Mapping[str, Asset]:
    """Return all files by their paths in the folder, read once. A path from a request is only
    looked up here, and never opened."""
    return {
        file.relative_to(_FOLDER).as_posix(): _read(file)
        for file in sorted(_FOLDER.rglob("*"))
        if file.suffix in _TYPES
    }


def _read(file: Path) -> Asset:
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Asset(body, _TYPES[file.suffix], etag)
