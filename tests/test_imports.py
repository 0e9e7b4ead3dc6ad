"""Imports run downwards, between the programs and between the packages of each."""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from local.processes import ROOT

PACKAGES = ("photo_wire", "pi_uploader", "function_app", "local", "tests")
SEND_PROCESS = "function_app.notify.senders.send_process"  # a program of its own
STORAGE_SDKS = ("azure.core", "azure.data", "azure.storage", "requests")  # which sends for them
FORBIDDEN = {
    "pi_uploader": ("azure", "function_app", "local", "tests"),
    "function_app": ("pi_uploader", "local", "tests", "gpiozero", "picamera2"),
    "local": ("tests",),
}

# From the lowest layer to the highest: a module imports from its own line and from lines above it.
LAYERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "function_app": (
        (
            *("lazy_module", "localization", "memory", "origins", "private_networks", "problems"),
            "retention_policy",
        ),
        ("media",),
        ("storage",),
        ("auth", "timer_watch"),
        ("new_alerts", "notification_queue"),
        ("settings",),
        ("services",),
        ("notify",),
        ("http",),
        ("browse", "ingest"),
        ("alerts",),
        ("devices",),
        ("days",),
        ("maintenance",),
        ("accounts", "health", "notifications", "stats"),
        ("web",),
        ("routes",),
        ("registration",),
        ("__init__",),
    ),
    "pi_uploader": (
        (
            "backoff",
            "board",
            "clock",
            "ed25519",
            "errors",
            "jpeg_preview",
            "log_ring",
            "messages",
            "motion",
            "signals",
            "state_files",
            "unix_sockets",
        ),
        ("watchdog",),
        ("settings",),
        ("control", "spool", "triggers"),
        ("cameras", "identity"),
        ("client", "detect"),
        ("alerts",),
        ("agent",),
        ("upload",),
        ("capture",),
        ("local_view",),
        ("mqtt", "serve"),
        ("camera_commands", "doctor", "status", "supervisor"),
        ("help_text",),
        ("commands",),
        ("spool_commands",),
        ("cli",),
        ("__main__",),
    ),
}

STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def imports_of(source: str, module: str) -> Iterator[str]:
    """Every module that `source` imports, inside functions too. `module` is its own dotted name,
    by which relative imports are resolved."""
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        # not into expressions, which import nothing: they are most of the nodes
        nodes += [one for one in ast.iter_child_nodes(node) if isinstance(one, STATEMENTS)]
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *filter(None, [node.module])])
            yield from (f"{base}.{name.name}" for name in node.names)


@cache  # several tests ask for the same modules, and to parse them all takes seconds
def imports_in(path: Path, module: str) -> tuple[str, ...]:
    """The same of a file."""
    return tuple(imports_of(path.read_text(), module))


def violations(imports: Iterable[str], module: str) -> list[str]:
    """What `module` imports and must not."""
    return [f"{module} imports {name}" for name in imports if not _is_allowed(module, name)]


def _is_allowed(module: str, name: str) -> bool:
    if _is_in(module, "photo_wire"):
        return name.split(".")[0] in {*sys.stdlib_module_names, "photo_wire"}
    if _is_in(module, SEND_PROCESS):  # its own folder is all that it finds of Nightjar
        return name.split(".")[0] not in PACKAGES or _is_in(name, SEND_PROCESS)
    if _is_in(module, "function_app") and not _is_in(module, "function_app.storage.azure"):
        forbidden = FORBIDDEN["function_app"] + STORAGE_SDKS
    else:
        forbidden = FORBIDDEN.get(module.split(".")[0], ())
    return not any(_is_in(name, one) for one in forbidden)


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts), path  # an __init__ keeps its name: relative imports count from it


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    modules = list(_modules(package))
    assert modules
    assert [
        one for module, path in modules for one in violations(imports_in(path, module), module)
    ] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("photo_wire.name", "import requests"),
        ("photo_wire.name", "from pi_uploader import spool"),
        ("pi_uploader.cli", "import azure.core"),
        ("pi_uploader.cli", "from azure import storage"),
        ("pi_uploader.upload.uploader", "def late():\n    import function_app.routes"),
        ("pi_uploader.cli", "if True:\n    from local.run import main"),
        ("function_app.routes", "from pi_uploader.settings import Settings"),
        ("function_app.routes", "import requests"),
        ("function_app.ingest.intake", "from azure.storage.blob import BlobClient"),
        ("function_app.storagedoor", "from azure.data.tables import TableClient"),
        ("function_app.storage.index", "from azure.storage.blob import BlobClient"),
        ("function_app.web.pages", "from azure import data"),
        ("local.run", "from tests.support.waiting import wait_for"),
        ("photo_wire.sub.__init__", "from ... import requests"),
        ("function_app.notify.senders.sender", "import requests"),
        ("function_app.notify.senders.send_process.main", "from ....problems import problem"),
        ("function_app.notify.senders.send_process.main", "import photo_wire.media"),
    ],
)
def test_a_violation_is_seen(module: str, source: str) -> None:
    assert len(violations(imports_of(source, module), module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("photo_wire.name", "from photo_wire.errors import WireError\nimport re"),
        ("photo_wire.name", "from .errors import WireError"),
        ("function_app.storage.azure.blobs", "from azure.storage.blob import BlobClient"),
        ("function_app.routes", "import azure.functions as func"),
        ("local.device", "from pi_uploader.cli import main"),
        ("function_app.notify.senders.send_process.main", "import requests\nfrom . import http"),
    ],
)
def test_what_is_allowed_is_not_one(module: str, source: str) -> None:
    assert violations(imports_of(source, module), module) == []


# What still runs up, package to package, and has to go.
UPWARD: dict[str, set[tuple[str, str]]] = {
    "function_app": set(),
    "pi_uploader": set(),
}


def module_imports(program: str) -> dict[str, set[str]]:
    """Return which modules of a program each of them imports."""
    modules = {module.removesuffix(".__init__"): path for module, path in _modules(program)}
    return {
        module: {
            name if name in modules else name.rpartition(".")[0]
            for name in imports_in(path, module)
            if name.startswith(program + ".")
        }
        for module, path in modules.items()
    }


def package_imports(program: str) -> set[tuple[str, str]]:
    """Return which package or module of a program imports which other one."""
    found = {
        (_room(module), _room(name))
        for module, names in module_imports(program).items()
        for name in names
    }
    return {(one, other) for one, other in found if one != other}


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


@pytest.mark.parametrize("program", LAYERS)
def test_imports_run_downwards(program: str) -> None:
    """Two packages of one layer do not import each other either."""
    layers = {room: at for at, layer in enumerate(LAYERS[program]) for room in layer}
    imported = package_imports(program)
    assert {room for edge in imported for room in edge} <= layers.keys()
    upward = {(one, other) for one, other in imported if layers[one] <= layers[other]}
    assert upward == UPWARD[program]


@pytest.mark.parametrize("program", PACKAGES)
def test_no_modules_import_each_other(program: str) -> None:
    """Neither directly nor in a circle, neither inside functions nor for types alone. That a module
    imports from the front door of its own package does not count."""
    graph = {
        module: {name for name in names if not _is_in(module, name)}
        for module, names in module_imports(program).items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


def test_the_rules_do_not_know_the_functions_host() -> None:
    """What lies below http/ is called with plain values, whoever calls."""
    below = {room for layer in LAYERS["function_app"][:7] for room in layer}
    assert {"auth", "services"} < below
    assert "http" not in below
    found = {
        module
        for module, path in _modules("function_app")
        if _room(module) in below
        and any(_is_in(name, "azure.functions") for name in imports_in(path, module))
    }
    assert found == set()


def test_one_module_each_imports_what_runs_models() -> None:
    found = {
        (name.split(".")[0], module)
        for module, path in _modules("pi_uploader")
        for name in imports_in(path, module)
        if name.split(".")[0] in ("ai_edge_litert", "onnxruntime")
    }
    assert found == {
        ("ai_edge_litert", "pi_uploader.detect.litert"),
        ("onnxruntime", "pi_uploader.detect.onnx_runtime"),
    }


def test_no_test_imports_another() -> None:
    """What several tests need lies in conftest.py or tests/support/."""
    modules = dict(_modules("tests"))
    found = [
        f"{module} imports {name}"
        for module, path in modules.items()
        for name in imports_in(path, module)
        if any(
            one in modules and one.rpartition(".")[2].startswith("test_")
            for one in (name, name.rpartition(".")[0])
        )
    ]
    assert found == []


@pytest.mark.parametrize("package", ["function_app", "pi_uploader", "photo_wire"])
def test_a_test_lies_where_its_module_does(package: str) -> None:
    """In the same folder below tests/, with the name of the module first."""
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests" / package).rglob("test_*.py"))
        if not _has_module(path)
    ]
    assert found == []


def _has_module(test: Path) -> bool:
    folder = ROOT / test.parent.relative_to(ROOT / "tests")
    names = {path.stem.strip("_") for path in folder.glob("*") if path.name != "__pycache__"}
    name = test.stem.removeprefix("test_")
    return any(name == one or name.startswith(f"{one}_") for one in names)
