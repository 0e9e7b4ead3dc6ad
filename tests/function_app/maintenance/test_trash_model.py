"""Photos and stubs are sent, deleted, restored, protected, corrected and expire in any order, and
processes are killed: each is where a simple model says, and nothing is half done."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.ingest.intake import Upload, receive
from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import clean_up
from function_app.maintenance.stubs import correct
from function_app.maintenance.trash import (
    TRASH_TTL,
    delete_trashed,
    empty_trash,
    move_to_trash,
    protect,
    restore,
)
from function_app.retention_policy import RetentionPolicy
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.models import Photo
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.motion import Motion
from photo_wire.name import PhotoName
from tests.conftest import NewStore
from tests.support.api import name_of
from tests.support.interruptions import StoppedError, fragile
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg
from tests.support.stored_photos import NOW
from tests.support.trash import assert_agrees, received

CAMERA, PHOTOS = "gate", 2
KEPT = timedelta(days=5)  # shorter than the trash
POLICY = Settings("", retention=RetentionPolicy(KEPT))
BODY = jpeg()


class Place(Enum):
    """Where a photo is."""

    NOWHERE = "nowhere"
    INDEX = "index"
    TRASH = "trash"
    TOMBSTONE = "tombstone"


@dataclass(frozen=True)
class Model:
    """A photo as it should be: since when it is indexed, and when it was deleted."""

    place: Place = Place.NOWHERE
    came_at: datetime = NOW
    deleted_at: datetime = NOW
    is_protected: bool = False
    is_stub: bool = False

    def after(self, action: str, now: datetime) -> "Model":
        """Return the photo after somebody did this to it."""
        match action, self.place:
            case "send", Place.NOWHERE:
                return Model(Place.INDEX, now)
            case "send a stub", Place.NOWHERE:
                return Model(Place.INDEX, now, is_stub=True)
            case "correct", Place.INDEX:
                return replace(self, is_stub=False)
            case "delete", Place.INDEX:
                return replace(self, place=Place.TRASH, deleted_at=now)
            case "restore", Place.TRASH:
                return replace(self, place=Place.INDEX)
            case "delete for good", Place.INDEX | Place.TRASH:
                return replace(self, place=Place.TOMBSTONE)
            case "protect" | "unprotect", Place.INDEX:
                return replace(self, is_protected=action == "protect")
            case "clean up", Place.INDEX if not self.is_protected and self.came_at < now - KEPT:
                return Model()
            case "empty", Place.TRASH if self.deleted_at < now - TRASH_TTL:
                return replace(self, place=Place.TOMBSTONE)
            case _:
                return self


def name(number: int) -> PhotoName:
    return name_of(CAMERA, NOW - timedelta(days=number), f"{number:08x}")


def act(action: str, number: int, backend: Services, now: datetime) -> None:
    """Do this to a photo, or to all."""
    photo = backend.index.get(name(number))
    trashed = backend.index.get_trashed(name(number))
    if action in ("send", "send a stub"):
        motion = None if action == "send" else Motion()
        headers = PhotoHeaders(name=name(number), motion=motion)
        receipt = receive(Upload(BODY, headers), backend.photo_store, now).receipt
        assert receipt.name == name(number)
    elif action == "correct" and photo:
        correct(photo, backend)
    elif action == "delete" and photo:
        move_to_trash(photo, backend, now)
    elif action == "restore":
        restore(name(number), backend)
    elif action == "delete for good" and photo:
        delete(photo, backend, to_milliseconds(now))
    elif action == "delete for good" and trashed:
        delete_trashed(trashed, backend)
    elif action in ("protect", "unprotect") and photo:
        protect(photo, backend, action == "protect")
    elif action == "clean up":
        clean_up(backend, now)
    elif action == "empty":
        empty_trash(backend, now)
    elif action == "count":
        backend.index.count_photos(now)
    elif action == "repair":
        reconcile(backend, now)


ACTIONS = (
    *("send", "send a stub", "delete", "delete", "restore", "restore", "protect", "unprotect"),
    *("correct", "correct"),
    *("delete for good", "clean up", "empty", "count", "repair"),
)
MINUTES = (0, 0, 1, 10, 60 * 24, 60 * 24 * 4, 60 * 24 * 8)  # that pass before a step
STEP = st.tuples(
    st.sampled_from(ACTIONS),
    st.integers(0, PHOTOS - 1),
    st.sampled_from(MINUTES),
    st.none() | st.integers(0, 9),  # changes to the stores before the process is killed
)


def is_as(model: Model, stored: Photo | None) -> bool:
    """Return whether what is stored is as the model says."""
    if stored is None or stored.is_tombstone:
        place = Place.TOMBSTONE if stored else Place.NOWHERE
        return model.place is place
    if (stored.is_protected, stored.is_stub) != (model.is_protected, model.is_stub):
        return False
    if stored.is_trashed:
        return (model.place, to_milliseconds(model.deleted_at)) == (Place.TRASH, stored.deleted_at)
    return model.place is Place.INDEX


def follow(backend: Services, story: list[tuple[str, int, int, int | None]]) -> None:
    """Play a story, and compare all stores with the model after each of its steps."""
    models, now, came = [Model()] * PHOTOS, NOW, 0
    story = [*(("send", one, 0, None) for one in range(PHOTOS)), *story]
    for action, number, minutes, left in story:
        now += timedelta(minutes=minutes)
        seen = backend if left is None else fragile(backend, left)
        was_killed = True
        with suppress(StoppedError):
            act(action, number, seen, now)
            was_killed = False
        concerned = range(PHOTOS) if action in ("clean up", "empty") else [number]
        before = list(models)
        if was_killed:
            now += timedelta(hours=2)  # nothing that a repair finds is on its way any more
            reconcile(backend, now)
        for one in concerned:
            stored = backend.blobs.find_or_tombstone(name(one), Media.JPEG)
            done = before[one].after(action, now - timedelta(hours=2 * was_killed))
            models[one] = done
            if was_killed and not is_as(done, stored):
                models[one] = before[one]
            assert is_as(models[one], stored), (action, one, stored, models[one])
            was_photo = before[one].place is not Place.NOWHERE and not before[one].is_stub
            came += models[one].place is Place.INDEX and not (models[one].is_stub or was_photo)
        assert_agrees(backend, CAMERA, now)
    if came:
        assert received(backend, CAMERA, now) == came


@given(st.lists(STEP, min_size=1, max_size=20))
def test_each_photo_is_where_the_model_says(story: list[tuple[str, int, int, int | None]]) -> None:
    follow(memory_services(POLICY), story)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_each_photo_is_where_the_model_says_on_azurite(new_store: NewStore, seed: int) -> None:
    """A long story, always the same."""
    choose = Random(seed)
    story = [
        (
            choose.choice(ACTIONS),
            choose.randrange(PHOTOS),
            choose.choice(MINUTES),
            choose.choice([None, None, *range(6)]),
        )
        for _ in range(40)
    ]
    follow(connect(replace(POLICY, connection_string=new_store())), story)
