"""A page of any list costs the same with ten photos and with two thousand: counted at a relay
before Azurite's tables. (With a hundred thousand Azurite takes hours to be filled: each row that it
is given takes it longer, the more there are.)"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient, TransactionOperation

from function_app.storage.index import TABLE, _note, _rows
from function_app.storage.records import Photo
from local.azurite import Azurite
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.name import new_name
from tests.conftest import new_backend
from tests.function_app.api import MOMENT, Api
from tests.rigs.recorder import Recorder

LIMIT = 50
AT_ONCE = 16  # photos in a transaction of up to a hundred rows
SINCE = format_time(MOMENT - timedelta(days=2))
LISTS = [
    "photos?",
    "photos?order=oldest",
    "photos?camera=gate",
    "photos?camera=gate&order=oldest",
    "photos?trigger=demand",
    f"photos?from={SINCE}&to={format_time(MOMENT)}",
    "photos?time_from=22:00&time_to=06:00&zone=Europe/Berlin",
    "events?camera=gate",
    "alerts?",
    "alerts?kind=loss&camera=gate",
]


@pytest.fixture(scope="module", params=[10, 2_000])
def photos(
    request: pytest.FixtureRequest, log_folder: Path, secrets_used: set[str]
) -> Iterator[tuple[int, Api, Recorder]]:
    """So many photos of four cameras, a minute apart; one in a hundred was taken on demand."""
    count: int = request.param
    with ExitStack() as running:
        azurite = running.enter_context(Azurite(None))
        _fill(azurite, count)
        tables = running.enter_context(Recorder(azurite.ports[2]))
        through = azurite.connection_string.replace(
            f"http://127.0.0.1:{azurite.ports[2]}/", f"{tables.base_url}/"
        )
        backend = new_backend(through, {}, log_folder, secrets_used)
        running.callback(backend.stop)
        backend.start()
        yield count, Api(backend), tables


def _fill(azurite: Azurite, count: int) -> None:
    with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        table = service.create_table(TABLE)
        service.create_table("alerts")
        for start in range(0, count, AT_ONCE):
            rows = []
            for number in range(start, min(start + AT_ONCE, count)):
                camera = ("gate", "entry", "drive", "yard")[number % 4]
                name = new_name(camera, MOMENT - timedelta(minutes=number), f"{number:08x}")
                trigger = Trigger.DEMAND if number % 100 == 0 else Trigger.MOTION
                photo = Photo(name, Media.JPEG, "ab" * 32, 500_000, name.captured_at, trigger)
                rows += _rows(photo, photo.received_at)
                if number < 4:
                    rows.append(_note(name, photo.received_at))
            table.submit_transaction([(TransactionOperation.UPSERT, row) for row in rows])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_page_costs_the_same_however_many_photos_there_are(
    photos: tuple[int, Api, Recorder], capsys: pytest.CaptureFixture[str]
) -> None:
    """At most twice the page's size in entities and three requests, for every list there is. With
    a session one request more would say whose it is; a token of the settings needs none."""
    count, api, tables = photos
    lines = [f"{count:,} photos, pages of {LIMIT}: requests, entities read, photos shown"]
    for path in LISTS:
        start = len(tables.exchanges)
        reply = api.read(f"/api/{path}&limit={LIMIT}")
        assert reply.status_code == 200, reply.text
        asked = tables.exchanges[start:]
        entities = sum(len(json.loads(one.reply).get("value", [])) for one in asked)
        (shown,) = (found for name, found in reply.json().items() if name != "next_cursor")
        lines.append(f"  {path:62} {len(asked)} {entities:4} {len(shown):3}")
        assert len(asked) <= 3
        assert entities <= 2 * LIMIT + 1  # one more tells whether a page follows
    with capsys.disabled():
        print("\n" + "\n".join(lines))
