"""Whether photos are still stored for which a device has receipts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from function_app.ingest.known import find_missing
from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import clean_up
from function_app.services import Services
from photo_wire.known import KNOWN_PATH, ids_to_json, parse_known
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.support.api import Api, Store, name_of, photo_headers
from tests.support.pictures import jpeg
from tests.support.stored_photos import BODY, NOW, stored


def ask(api: Api, *names: PhotoName) -> requests.Response:
    key = {"x-functions-key": api.backend.function_key}
    return api.ask(KNOWN_PATH, key, "POST", data=ids_to_json([str(name) for name in names]))


def test_a_device_learns_which_photos_are_missing(api: Api, store: Store, camera: str) -> None:
    """Of those that it names; it learns nothing else, and needs its key."""
    here, gone, never = (name_of(camera, tag=f"{n:08x}") for n in range(3))
    for name in (here, gone):
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    (blob,) = (one for one in store.blobs(camera) if str(gone) in one)
    store.container.delete_blob(blob)
    reply = ask(api, here, gone, never, here)
    assert reply.json() == {"known": [str(here)], "missing": [str(gone), str(never)]}
    result = parse_known(reply.content)
    assert (set(result.known), set(result.missing)) == ({str(here)}, {str(gone), str(never)})
    assert ask(api).json() == {"known": [], "missing": []}
    assert ask(api, *[name_of(camera, tag=f"{n:08x}") for n in range(101)]).status_code == 400
    bodies: list[dict[str, object]] = [
        {"ids": "all"},
        {"ids": ["../x"]},
        {},
        {"ids": [], "cameras": []},
    ]
    for bad in bodies:
        key = {"x-functions-key": api.backend.function_key}
        assert api.ask(KNOWN_PATH, key, "POST", json=bad).status_code == 400
    assert api.ask(KNOWN_PATH, method="POST", json={"ids": []}).status_code == 401


def test_deleted_photos_are_not_missing(own: Services) -> None:
    """Deleted by a person or by retention; also without a tombstone, or half-way."""
    person, expired = stored(own, "gate", 1), stored(own, "gate", 31)
    halves = [stored(own, "gate", 32), stored(own, "gate", 2)]
    delete(person, own, NOW)
    own.blobs.remove(person)  # as a rule of the storage account does with a tombstone
    own.blobs.remove(halves[0])
    own.blobs.write_tombstone(halves[1], NOW)
    photos = [person, expired, *halves]
    assert find_missing([one.name for one in photos], own, NOW) == set()
    assert sum(clean_up(own, NOW).deleted.values()) == 2
    assert find_missing([one.name for one in photos], own, NOW) == set()


@pytest.mark.parametrize("is_repaired", [False, True])
def test_photos_without_bytes_are_missing(own: Services, is_repaired: bool) -> None:
    """Before and after a repair unlists them."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    own.blobs.remove(gone)
    if is_repaired:
        assert reconcile(own, NOW).unlisted == 1
    assert find_missing([gone.name, stays.name], own, NOW) == {gone.name}


def test_a_stored_photo_that_is_not_listed_is_known_and_listed(own: Services) -> None:
    """As after the loss of the index, in every format."""
    photo = stored(own, "gate", 1, listed=False)
    clip = replace(photo, name=name_of("gate", NOW), media=Media.MP4)
    own.blobs.add(clip, BODY)
    assert find_missing([photo.name, clip.name], own, NOW) == set()
    assert own.index.get(photo.name) == photo
    assert own.index.get(clip.name) == clip


def test_a_photo_sent_again_is_known_again(api: Api, store: Store, camera: str) -> None:
    """After the store lost it, its device sends its copy."""
    name = name_of(camera, datetime.now(UTC) - timedelta(hours=3))
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    store.container.delete_blob(store.blobs(camera)[0])
    assert ask(api, name).json()["missing"] == [str(name)]
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    assert ask(api, name).json()["known"] == [str(name)]
    assert [one["id"] for one in api.listed(camera)] == [str(name)]
    assert api.read(f"/api/photos/{name}/content").content == jpeg()
