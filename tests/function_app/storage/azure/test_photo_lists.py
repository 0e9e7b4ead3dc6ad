"""What it costs to find the photos of some cameras, counted at a relay before Azurite's tables."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.azure import photo_lists
from function_app.storage.row_keys import View
from local.azurite import Azurite
from tests.conftest import NewStore
from tests.support.api import MOMENT
from tests.support.recorder import Recorder
from tests.support.samples import photo_of

CAMERAS = [f"camera-{number:02}" for number in range(26)]
VIEW = View(since=MOMENT, until=MOMENT + timedelta(minutes=1))
Relayed = tuple[Services, Recorder]


@pytest.fixture(scope="module")
def relayed(azurite: Azurite, new_store: NewStore) -> Iterator[Relayed]:
    """A backend with a photo of each camera, through the relay."""
    with Recorder(azurite.ports[2]) as tables:
        direct = new_store()
        through = direct.replace(f"127.0.0.1:{azurite.ports[2]}/", f"127.0.0.1:{tables.port}/")
        assert through != direct
        for number, camera in enumerate(CAMERAS):
            photo = photo_of(camera, MOMENT + timedelta(seconds=number), f"{number:08x}")
            connect(Settings(direct)).index.add(photo, MOMENT)
        yield connect(Settings(through)), tables


@pytest.mark.parametrize(
    ("cameras", "page_size", "requests", "is_found"),
    [
        (CAMERAS[:2], 1000, 1, True),
        (CAMERAS[::3], 9, 1, True),  # by their names, whatever others took
        (CAMERAS[::3], 8, 1, False),
        (CAMERAS[:13], 13, 1, True),  # by the names between which theirs lie
        (CAMERAS, 1000, 1, True),
        (CAMERAS[::2], 15, 3, True),  # others have too many photos: twelve by their names, and one
        (CAMERAS[::2], 8, 3, False),
    ],
)
def test_some_cameras_take_few_requests(
    relayed: Relayed,
    cameras: list[str],
    page_size: int,
    requests: int,
    is_found: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None names more than fifteen comparisons, which is Azure's limit. `page_size` is how many
    rows a request finds at most."""
    services, tables = relayed
    monkeypatch.setattr(photo_lists, "PAGE_SIZE", page_size)
    start = len(tables.exchanges)
    found = services.index.query_some(VIEW, cameras, 1000)
    asked = tables.exchanges[start:]
    assert len(asked) == requests
    for one in asked:
        assert sum(one.path.count(f"%20{word}%20") for word in ("eq", "gt", "lt", "ge", "le")) <= 15
    names = None if found is None else [photo.name.camera for photo in found]
    assert names == (sorted(cameras, reverse=True) if is_found else None)
    assert services.index.query_some(VIEW, cameras, 1) is not None
