"""The files of the pages, by addresses that change with them."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from function_app.web.assets import asset_path, find_asset, load_assets, module_paths

PAGE = Path("function_app/web/page")


def test_an_address_with_the_digest_never_changes() -> None:
    """One of another version, which a page of before names, gets the file as it is now."""
    path = asset_path("shared.css")
    assert re.fullmatch("/assets/[0-9a-f]{16}/shared.css", path)
    asset, is_immutable = find_asset(path.removeprefix("/"))
    assert asset
    assert (asset.body, is_immutable) == ((PAGE / "shared.css").read_bytes(), True)
    other = path.removeprefix("/").replace(path.split("/")[2], "0" * 16)
    assert find_asset(other) == (asset, False)
    assert find_asset("shared.css") == (asset, False)


@pytest.mark.parametrize("path", ["assets", "assets/", "assets/x", "assets/x/", "assets/x/nothing"])
def test_other_addresses_have_no_file(path: str) -> None:
    assert find_asset(path)[0] is None


def test_a_name_that_is_wrong_is_an_error() -> None:
    """A template that names it would show a page without its style."""
    with pytest.raises(KeyError):
        asset_path("nothing.css")


def test_each_module_that_a_script_imports_is_loaded_at_once() -> None:
    """Each once, the script first; what is imported later is not."""
    names = [path.rpartition("/")[2] for path in module_paths("photo.js")]
    assert names[0] == "photo.js"
    assert len(names) == len(set(names))
    assert {"api.js", "dom.js", "session.js", "visited.js"} <= set(names)
    assert "zoom.js" not in names


def test_every_import_of_every_script_is_found() -> None:
    for name in load_assets():
        if name.endswith(".js"):
            assert module_paths(name)[0] == asset_path(name)


def test_our_own_code_is_small() -> None:
    """The whole of it has at most 60 KB compressed, so that a phone has it at once."""
    scripts = [
        asset.body
        for name, asset in load_assets().items()
        if name.endswith(".js") and not name.startswith("vendor/")
    ]
    size = sum(len(gzip.compress(body, 9)) for body in scripts)
    print(f"{len(scripts)} scripts, {size} bytes compressed")
    assert 0 < size <= 60 * 1024


def test_our_code_and_the_libraries_are_small() -> None:
    """All of it together, of which a page loads a part."""
    scripts = [asset.body for name, asset in load_assets().items() if name.endswith(".js")]
    assert sum(len(gzip.compress(body, 9)) for body in scripts) <= 120 * 1024


def test_vendored_libraries_are_as_they_were_published() -> None:
    """With their licence; what is patched is said beside them."""
    libraries = [one for one in (PAGE / "vendor").iterdir() if one.is_dir()]
    assert libraries
    for library in libraries:
        sums = [line.split() for line in (library / "SHA256SUMS").read_text().splitlines()]
        assert {"LICENSE.txt"} < {name for _, name in sums}
        for digest, name in sums:
            assert hashlib.sha256((library / name).read_bytes()).hexdigest() == digest, name
