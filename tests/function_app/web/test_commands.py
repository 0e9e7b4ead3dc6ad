"""What scripts of pages learn of a command."""

from datetime import UTC, datetime

from function_app.auth.caller import Role
from function_app.devices.commands import record_results
from function_app.settings import Secrets, Settings
from photo_wire.command import CommandResult, CommandState
from tests.support.asking import ask, content
from tests.support.devices import add_device
from tests.support.memory_store import memory_services
from tests.support.pages import session_cookie

ADMIN = {"Authorization": "Bearer the-admin-token-of-this-test"}


def test_why_a_command_was_refused_is_in_the_language_of_the_page() -> None:
    """Programs get what the device said; and so do pages, if there is no text for it."""
    secrets = Secrets(admin_token="the-admin-token-of-this-test")
    services = memory_services(Settings("", secrets=secrets))
    add_device(services, "house", ["gate"])
    owner = {"Cookie": session_cookie(services, role=Role.OWNER)}
    for reason, german in (
        ("the process that takes photos does not run", "der Prozess, der Fotos aufnimmt, läuft"),
        ("it is on the moon", "it is on the moon"),
    ):
        asked = content(ask(services, "post_capture", ADMIN, camera="gate"))["id"]
        result = CommandResult(asked, CommandState.REFUSED, reason)
        record_results(services, "house", [result], datetime.now(UTC))
        details = [
            content(ask(services, "get_command", headers, device="house", command=asked))["detail"]
            for headers in (
                owner | {"Accept-Language": "de"},
                owner | {"Accept-Language": "en"},
                ADMIN | {"Accept-Language": "de"},
            )
        ]
        assert details[0].startswith(german)
        assert details[1:] == [reason, reason]
