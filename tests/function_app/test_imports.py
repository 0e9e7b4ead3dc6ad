"""Which module may know Azure: adapters and triggers; the domain does not."""

import ast
from pathlib import Path

import function_app

ROOT = Path(function_app.__file__).parent
SDK_MODULES = {
    "storage/account.py",
    "storage/alerts.py",
    "storage/tables.py",
    "storage/errors.py",
    "storage/blobs.py",
    "storage/identity.py",
    "storage/index.py",
    "storage/new_blobs.py",
    "storage/photo_states.py",
    "storage/photo_table.py",
    "storage/azure_rows.py",
    "storage/thumbnails.py",
    "storage/transactions.py",
}
TRIGGER_MODULES = {
    "alerts/alerts.py",
    "cameras/api.py",
    "__init__.py",
    "route.py",
    "dispatch.py",
    "replies.py",
    "health.py",
    "ingest/upload.py",
    "gallery/photos.py",
    "gallery/pages.py",
    "gallery/counts.py",
    "gallery/events.py",
    "gallery/sharing.py",
    "gallery/thumbnails.py",
    "maintenance/api.py",
    "openapi/pages.py",
    "auth/api.py",
    "ingest/known.py",
    "ingest/posted.py",
    "access.py",
    "body.py",
}


def imports_of(file: Path) -> set[str]:
    """The modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports here are absolute"
            found.add(node.module or "")
    return found


IMPORTS = {
    file.relative_to(ROOT).as_posix(): imports_of(file) for file in sorted(ROOT.rglob("*.py"))
}


def importers(*prefixes: str) -> set[str]:
    return {
        module
        for module, names in IMPORTS.items()
        if any(
            name == prefix or name.startswith(prefix + ".") for name in names for prefix in prefixes
        )
    }


def test_the_storage_sdks_stay_in_the_adapters() -> None:
    """Nobody else could tell which of their errors means what."""
    assert importers("azure.storage", "azure.data", "azure.core") == SDK_MODULES


def test_the_functions_api_stays_in_the_triggers() -> None:
    """The rules of what comes in and goes out do not know who calls them."""
    assert importers("azure.functions") == TRIGGER_MODULES


def test_the_way_of_a_photo_runs_one_way() -> None:
    """Receiving and the gallery know storage; storage knows neither, nor they each other."""
    ingest, gallery = "function_app.ingest", "function_app.gallery"
    assert not {module for module in importers(ingest, gallery) if module.startswith("storage/")}
    assert not {module for module in importers(ingest) if module.startswith("gallery/")}
    assert not {module for module in importers(gallery) if module.startswith("ingest/")}
