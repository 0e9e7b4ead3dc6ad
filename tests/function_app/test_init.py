"""The app as the Functions host imports it."""

import os
import subprocess
import sys

import pytest

from function_app import build_app

# What no device needs: pages and lists, people, the timers' work, and libraries for these.
LATER = (
    *("function_app.accounts", "function_app.alerts", "function_app.browse", "function_app.stats"),
    *("function_app.devices", "function_app.http.signed_requests", "photo_wire.signature"),
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    *("function_app.web", "function_app.health", "function_app.http.openapi"),
    *("function_app.http.preferences", "function_app.localization"),
    *("function_app.http.templates", "function_app.http.pagination"),
    *("function_app.maintenance.api", "function_app.maintenance.repair"),
    *("function_app.maintenance.retention", "function_app.maintenance.deletion"),
    *("function_app.auth.sessions", "function_app.auth.users"),
    *("function_app.auth.tokens", "function_app.auth.links", "function_app.auth.purge"),
    *("function_app.media.thumbnails", "function_app.media.redaction"),
    *("jinja2", "PIL", "zoneinfo", "zxcvbn", "aiohttp", "azure.identity"),
    *("function_app.notify", "apprise", "standardwebhooks", "yaml", "oauthlib"),
)


def run(code: str) -> str:
    """Run Python code in a new process; return what it printed."""
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_reads_no_setting_and_opens_no_connection() -> None:
    """Without any setting the functions are found; an error here would make them vanish."""
    code = (
        "import socket, sys\n"
        "sys.addaudithook(lambda event, _: event == 'socket.connect' and sys.exit(event))\n"
        "import function_app\n"
        "print(len(function_app.app.get_functions()))"
    )
    environment = {"PATH": os.environ["PATH"], "MAX_PHOTO_MB": "many"}  # an error, once it is read
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    assert int(done.stdout) > 0


def test_a_fresh_app_each_time() -> None:
    """get_functions() works once for an app; tests and tools make their own."""
    assert len(build_app().get_functions()) == len(build_app().get_functions())


def test_importing_loads_only_what_the_first_photo_needs() -> None:
    loaded = run("import sys, function_app; print(*sys.modules)").split()
    assert "function_app.ingest.upload" in loaded
    assert [one for one in loaded if any(f"{one}.".startswith(f"{late}.") for late in LATER)] == []


def test_the_first_photo_loads_nothing_more() -> None:
    """It does not wait for an import either."""
    more = run(
        "import sys, function_app\n"
        "from function_app.routes import ROUTES\n"
        "before = set(sys.modules)\n"
        "(route,) = [one for one in ROUTES if one.name == 'put_photo']\n"
        "assert route.handler and route.inputs\n"
        "print(*set(sys.modules) - before)"
    )
    assert more == ""


def test_sending_loads_none_of_its_libraries_here() -> None:
    """They are for the process that sends (docs/decisions/0099-a-process-that-sends.md)."""
    loaded = run("import sys, function_app.notify.senders; print(*sys.modules)").split()
    assert "function_app.notify.senders.sender" in loaded
    assert not {"apprise", "standardwebhooks", "smtplib", "PIL"} & set(loaded)


def test_no_garbage_is_collected_while_importing() -> None:
    """Afterwards it is, except for what the import made."""
    collected, is_enabled, frozen = run(
        "import gc\n"
        "generations = []\n"
        "gc.callbacks.append(lambda phase, info: generations.append(info['generation']))\n"
        "import function_app\n"
        "print(len(generations), gc.isenabled(), gc.get_freeze_count())"
    ).split()
    assert (collected, is_enabled) == ("0", "True")
    assert int(frozen) > 0


@pytest.mark.parametrize(
    ("works", "is_enabled"),
    [
        (True, True),
        (False, False),
        pytest.param(True, False, marks=pytest.mark.slow),
        pytest.param(False, True, marks=pytest.mark.slow),
    ],
)
def test_importing_leaves_the_collector_as_it_was(is_enabled: bool, works: bool) -> None:
    """Even if the import fails."""
    code = (
        "import gc, sys\n"
        f"gc.enable() if {is_enabled} else gc.disable()\n"
        f"{works} or sys.modules.update({{'function_app.routes': None}})\n"
        "try:\n    import function_app\n"
        "except ImportError:\n    print('failed')\n"
        "print(gc.isenabled())"
    )
    assert run(code).split() == [*([] if works else ["failed"]), str(is_enabled)]
