"""The lists of schemes, beside the plug-ins of the installed version of Apprise."""

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase

from function_app.notify.senders.schemes import INSECURE, REFUSED, SECURE

# With these a module can start programs, and use what is no HTTPS request.
POWERFUL = {
    *("subprocess", "socket", "asyncio", "ctypes", "multiprocessing", "pty", "http", "urllib3"),
    *("syslog", "telnetlib", "ftplib", "imaplib", "smtplib", "xmlrpc", "websocket", "paho"),
}


def plugins() -> dict[str, type[NotifyBase]]:
    """Return Apprise's plug-ins by scheme."""
    manager: Any = NotificationManager()  # type: ignore[no-untyped-call]
    return {scheme: manager[scheme] for scheme in manager.schemas(include_disabled=True)}


def names(value: object) -> set[str]:
    """Return the schemes of a plug-in's `protocol`, which is a name, several names or None."""
    if value is None:
        return set()
    return {value} if isinstance(value, str) else set(map(str, value))  # type: ignore[call-overload]


def imported_by(plugin: type[NotifyBase]) -> set[str]:
    """Return the packages that a plug-in's module imports, or one of its folder."""
    module: ModuleType = sys.modules[plugin.__module__]
    file = Path(str(module.__file__))
    files = [file] if file.parent.name == "plugins" else file.parent.glob("*.py")
    found = set()
    for one in files:
        for node in ast.walk(ast.parse(one.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).partition(".")[0])
    return found


def test_each_scheme_is_one_of_apprise() -> None:
    known = plugins().keys() | {"file", "memory"}  # these two are attachments
    assert known >= SECURE | INSECURE | REFUSED
    assert not SECURE & INSECURE
    assert not (SECURE | INSECURE) & REFUSED


def test_secure_schemes_are_those_that_apprise_calls_secure() -> None:
    by_scheme = plugins()
    assert {one for one in SECURE if one not in names(by_scheme[one].secure_protocol)} == set()
    assert {one for one in INSECURE if one not in names(by_scheme[one].protocol)} == set()
    assert {one for one in INSECURE if f"{one}s" not in SECURE} == set()


def test_allowed_plugins_send_requests_and_nothing_else() -> None:
    """Except for mail. What a plug-in imports tells what it can do."""
    by_scheme = plugins()
    found = {one: imported_by(by_scheme[one]) & POWERFUL for one in SECURE | INSECURE}
    assert {one for one, powerful in found.items() if powerful} <= {"mailto", "mailtos"}
    assert found["mailtos"] == {"smtplib"}


def test_the_rest_is_refused() -> None:
    """A version of Apprise with a new plug-in needs a decision."""
    assert plugins().keys() - SECURE - INSECURE - REFUSED == set()
