"""A page of any list costs the same with ten photos and with a hundred thousand: counted at a relay
before Azurite's tables."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from photo_wire.moment import format_time
from tests.conftest import new_backend
from tests.function_app.api import MOMENT, Api
from tests.rigs.many_photos import azurite_with
from tests.rigs.recorder import Recorder

LIMIT = 50
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


@pytest.fixture(scope="module", params=[10, 100_000])
def photos(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    log_folder: Path,
    secrets_used: set[str],
) -> Iterator[tuple[int, Api, Recorder]]:
    """How many photos are listed, and a way to ask a backend for them."""
    count: int = request.param
    folder = tmp_path_factory.mktemp("many")
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder)
        azurite = running.enter_context(azurite_with(count, folder))
        tables = running.enter_context(Recorder(azurite.ports[2]))
        through = azurite.connection_string.replace(
            f"http://127.0.0.1:{azurite.ports[2]}/", f"{tables.base_url}/"
        )
        backend = new_backend(through, {}, log_folder, secrets_used)
        running.callback(backend.stop)
        backend.start()
        yield count, Api(backend), tables


@pytest.mark.slow
@pytest.mark.timeout(1200)
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
