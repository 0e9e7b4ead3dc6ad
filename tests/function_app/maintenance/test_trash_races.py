"""Whoever deletes, restores, protects, corrects, empties and sends at once: what is stored decides,
and the index, the list of the trash and the counts agree with it. And wherever a process is killed,
doing the same again finishes it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from function_app.ingest.intake import Upload, receive
from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import Outcome, delete_due
from function_app.maintenance.stubs import correct
from function_app.maintenance.trash import (
    delete_trashed,
    move_to_trash,
    protect,
    restore,
)
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import Photo
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from photo_wire.motion import Motion
from tests.support.api import name_of
from tests.support.interruptions import until_done
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg
from tests.support.stored_photos import NOW, leave_orphan
from tests.support.trash import assert_agrees, received
from tests.support.turns import Turns

NAME = name_of("gate", NOW)
UPLOAD = Upload(jpeg(), PhotoHeaders(name=NAME))
STUB = Upload(UPLOAD.body, PhotoHeaders(name=NAME, motion=Motion()))
LATER = NOW + timedelta(hours=1)
Task = Callable[[Services], object]


def send(backend: Services) -> None:
    receive(UPLOAD, backend.photo_store, LATER)


def expire(backend: Services) -> None:
    for arrival in backend.index.list_arrivals("gate", LATER, 10):
        delete_due(arrival, backend)


def of_photo(act: Callable[[Photo, Services], object], backend: Services) -> None:
    if photo := backend.index.get(NAME):
        act(photo, backend)


def of_trashed(act: Callable[[Photo, Services], object], backend: Services) -> None:
    if photo := backend.index.get_trashed(NAME):
        act(photo, backend)


TASKS: dict[str, Task] = {
    "send": send,
    "delete": partial(of_photo, lambda photo, one: move_to_trash(photo, one, LATER)),
    "delete later": partial(
        of_photo, lambda photo, one: move_to_trash(photo, one, LATER + timedelta(minutes=1))
    ),
    "restore": partial(restore, NAME),
    "empty": partial(of_trashed, delete_trashed),
    "delete for good": partial(of_photo, lambda photo, one: delete(photo, one, LATER)),
    "protect": partial(of_photo, lambda photo, one: protect(photo, one, True)),
    "unprotect": partial(of_photo, lambda photo, one: protect(photo, one, False)),
    "correct": partial(of_photo, correct),
    "retention": expire,
    "count": lambda one: one.index.count_photos(LATER),
    "repair": lambda one: reconcile(one, LATER),
}


def a_photo(
    backend: Services, is_trashed: bool = False, is_protected: bool = False, is_stub: bool = False
) -> Photo:
    """Store a photo or a stub, counted, and return it; in the trash, or protected."""
    receive(STUB if is_stub else UPLOAD, backend.photo_store, NOW)
    backend.index.count_photos(NOW + timedelta(minutes=30))
    photo = backend.index.get(NAME)
    assert photo
    if is_protected:
        assert protect(photo, backend, True)
    if is_trashed:
        assert move_to_trash(photo, backend, NOW)
    return photo


@settings(max_examples=3 * settings().max_examples)
@given(
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(
        st.tuples(st.sampled_from(sorted(TASKS)), st.none() | st.integers(0, 15)),
        min_size=2,
        max_size=4,
    ),
    st.lists(st.integers(0, 3), max_size=60),
)
# Retention looks for the photo while it is in the trash, and finds it at its old place again.
@example(False, True, True, [("delete", None), ("retention", None), ("restore", None)], [3, 3, 1])
def test_no_interleaving_leaves_a_photo_half_deleted(
    is_trashed: bool,
    is_protected: bool,
    is_stub: bool,
    tasks: list[tuple[str, int | None]],
    order: list[int],
) -> None:
    """Without a killed process nothing is left to repair; else the next repair finishes it."""
    # A photo that is sent again while retention deletes it is stored anew (test_upload_races.py).
    assume(not {"retention", "send"} <= {task for task, _ in tasks})
    own = memory_services(Settings(""))
    a_photo(own, is_trashed, is_protected, is_stub)
    Turns(own).run([(TASKS[task], left) for task, left in tasks], order)
    if any(left is not None for _, left in tasks):
        reconcile(own, LATER + timedelta(hours=2))
    assert_agrees(own, "gate", LATER + timedelta(hours=3))


@given(st.lists(st.integers(0, 2), max_size=60))
# The repair lists the photo while it is in the trash, and finds it at its old place again.
@example([2] * 10 + [0] * 6 + [2] + [1] * 6)
def test_a_repair_keeps_what_is_restored(order: list[int]) -> None:
    """Also if it was in the trash when the repair looked, which removes another orphan, too."""
    own = memory_services(Settings(""))
    gone = replace(a_photo(own), name=name_of("gate", NOW - timedelta(days=1)))
    leave_orphan(own, gone, NOW - timedelta(hours=1))
    tasks: list[Task] = [TASKS["delete"], TASKS["restore"], TASKS["repair"]]
    Turns(own).run([(task, None) for task in tasks], order)
    assert_agrees(own, "gate", LATER)


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_restored_photo_is_no_orphan(empty: Services, is_counted: bool) -> None:
    """Whoever found its row while the photo was in the trash leaves it: retention, or a repair."""
    photo = a_photo(empty)
    position = empty.index.position(NAME)
    assert position
    assert move_to_trash(photo, empty, LATER)
    assert restore(NAME, empty)
    empty.index.remove_orphan("gate", position, photo if is_counted else None)
    assert_agrees(empty, "gate", LATER)


def test_a_photo_that_is_protected_during_retention_stays(empty: Services) -> None:
    """Retention has listed it already."""
    photo = a_photo(empty)
    (arrival,) = empty.index.list_arrivals("gate", LATER, 10)
    assert protect(photo, empty, True)
    assert delete_due(arrival, empty) is Outcome.KEPT
    assert_agrees(empty, "gate", LATER)


ACTIONS: dict[str, Task] = {
    "delete": TASKS["delete"],
    "restore": TASKS["restore"],
    "empty": TASKS["empty"],
    "protect": TASKS["protect"],
    "unprotect": TASKS["unprotect"],
    "correct": TASKS["correct"],
}


@pytest.mark.parametrize("again", ["the same", "a repair"])
@pytest.mark.parametrize("action", ACTIONS)
def test_what_was_interrupted_is_finished(empty: Services, action: str, again: str) -> None:
    """Stopped after each of its changes in turn, by doing the same again or by a repair. Nobody
    gets the bytes of a photo in the trash, and a device that sends it gets its receipt."""
    is_trashed, is_protected = action in ("restore", "empty"), action == "unprotect"
    a_photo(empty, is_trashed, is_protected, is_stub=action == "correct")
    came = received(empty, "gate", LATER) + (action == "correct")

    def work(stopping: Services) -> None:
        if again == "a repair":
            reconcile(empty, LATER + timedelta(hours=2))
        ACTIONS[action](stopping)

    assert until_done(work, empty) >= 2
    assert_agrees(empty, "gate", LATER)
    assert received(empty, "gate", LATER) == came
    send(empty)
    assert_agrees(empty, "gate", LATER)
    stored = empty.blobs.find_or_tombstone(NAME, Media.JPEG)
    assert stored
    assert stored.is_trashed == (action == "delete")
    assert stored.is_tombstone == (action == "empty")
    assert stored.is_protected == (action == "protect")
    assert not stored.is_stub


def test_an_upload_restores_what_was_being_restored(empty: Services) -> None:
    """The restoration was stopped after the photo left the trash: the photo has its old place."""
    photo = a_photo(empty, is_trashed=True)
    empty.blobs.update(
        NAME, Media.JPEG, lambda stored: replace(stored, deleted_at=None, is_trashed=False)
    )
    send(empty)
    assert_agrees(empty, "gate", LATER)
    position = empty.index.position(NAME) or ""
    assert position.startswith(f"{int(NOW.timestamp() * 1000):015d}")
    assert empty.index.get(NAME) == photo
    assert received(empty, "gate", LATER) == 1
