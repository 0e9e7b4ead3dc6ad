"""The number of received photos is right, whatever a rebuild of the index and a deletion do at
once."""

from datetime import datetime
from itertools import product

import pytest

from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from tests.support.interruptions import at_call
from tests.support.memory_store import memory_services
from tests.support.stored_photos import KEPT, NOW, stored
from tests.support.turns import Turns

# Each store makes the same requests: the slow tests try every moment on Azurite, too.
KINDS = pytest.mark.parametrize(
    "own", ["memory", pytest.param("azurite", marks=pytest.mark.slow)], indirect=True
)
by = pytest.mark.parametrize("deleted_at", [None, NOW], ids=["by retention", "by a person"])


def rebuild(backend: Services) -> None:
    reconcile(backend, NOW, everything=True)


@pytest.mark.slow
@by
def test_no_interleaving_of_a_rebuild_and_a_deletion_loses_a_photo(
    deleted_at: datetime | None,
) -> None:
    """All interleavings that differ in their first ten steps, in the middle of the rebuild."""
    for order in product([0, 1], repeat=9):
        backend = memory_services(KEPT)
        gone, _ = stored(backend, "gate", 3), stored(backend, "gate", 2)
        assert backend.index.count_photos(NOW)["gate"].received == 2

        def go(seen: Services, gone: object = gone) -> None:
            delete(gone, seen, deleted_at)  # type: ignore[arg-type]

        Turns(backend).run([(rebuild, None), (go, None)], [0, 0, 0, *order])
        counts = backend.index.count_photos(NOW)["gate"]
        assert (counts.received, counts.total.photos) == (2, 1), order
        assert backend.index.get(gone.name) is None


@KINDS
@by
def test_a_deletion_before_any_request_of_a_rebuild_is_counted(
    own: Services, deleted_at: datetime | None
) -> None:
    """In every store."""
    number, calls, came = 0, [1], 1
    stored(own, "gate", 3)
    while number < calls[0]:
        gone = stored(own, "gate", 2, f"{number:08x}")
        came += 1
        assert own.index.count_photos(NOW)["gate"].received == came
        watched, calls = at_call(number, own, lambda gone=gone: delete(gone, own, deleted_at))  # type: ignore[misc]
        rebuild(watched)
        if calls[0] <= number:
            break
        counts = own.index.count_photos(NOW)["gate"]
        assert (counts.received, counts.total.photos) == (came, 1), number
        number += 1
    assert number >= 8
