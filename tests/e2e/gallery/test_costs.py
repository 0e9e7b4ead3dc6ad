"""What the pages of devices, live pictures and notifications cost in requests to the tables."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.services import connect
from function_app.settings import Settings
from local.azurite import Azurite
from photo_wire.name import new_name
from tests.conftest import NewStore, new_backend
from tests.e2e.gallery.filled_gallery import Gallery
from tests.support.api import Api
from tests.support.browser import same_origin
from tests.support.recorder import Recorder
from tests.support.reporting_device import ReportingDevice

# A page, and the requests by which its script had to make the same of a page without content.
PAGES = {
    "/devices": ("session", "devices", "cameras?counts=none"),
    "/devices/house": ("session", "devices", "cameras?counts=none", "devices/house/keys"),
    "/notifications": (
        "session",
        "cameras?counts=none",
        "notifications/channels",
        "notifications/channels?all=1",
        "notifications/deliveries",
    ),
    "/live/gate": ("cameras/gate/status",),
}


@pytest.fixture(scope="module")
def tables(azurite: Azurite) -> Iterator[Recorder]:
    with Recorder(azurite.ports[2]) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def api(
    azurite: Azurite,
    new_store: NewStore,
    tables: Recorder,
    log_folder: Path,
    secrets_used: set[str],
) -> Iterator[Api]:
    """A backend with a device of two cameras, before whose tables requests are counted."""
    through = new_store().replace(f"127.0.0.1:{azurite.ports[2]}", f"127.0.0.1:{tables.port}")
    with ExitStack() as running:
        backend = new_backend(through, {}, log_folder, secrets_used)
        running.callback(backend.stop)
        backend.start()
        device = ReportingDevice(backend, "house", "gate", "yard")
        device.report()
        Gallery(backend).add_signed(device.key, new_name("gate", datetime.now(UTC)))
        yield Api(backend)


@pytest.mark.slow
def test_a_page_costs_less_than_the_requests_of_a_script(
    api: Api, tables: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page itself was one more, for the session. Of notifications there is one channel."""
    rows = connect(Settings(api.backend.connection_string)).accounts
    person = users.add(rows, "anna", "a good password", Role.OWNER, None)
    session = {"Cookie": f"nightjar_session={sessions.create(rows, person, datetime.now(UTC))}"}
    channel = {"label": "mine", "kind": "apprise", "address": "ntfys://topic"}
    path = "/api/notifications/channels"
    assert api.ask(path, session | same_origin(api), "POST", json=channel).status_code == 201

    def cost(path: str) -> int:
        """The less of two, so that what a process remembers for a minute or an hour counts for
        neither."""
        costs = []
        for _ in range(2):
            start = len(tables.exchanges)
            reply = api.ask(path, session)
            assert reply.status_code == 200, reply.text
            costs.append(len(tables.exchanges) - start)
        return min(costs)

    lines = []
    for page, requests in PAGES.items():
        before, now = 1 + sum(cost(f"/api/{one}") for one in requests), cost(page)
        lines.append(f"  {page:18} {now} requests to tables, {before} by a script")
        assert now <= before
    with capsys.disabled():
        print("\n" + "\n".join(lines))
