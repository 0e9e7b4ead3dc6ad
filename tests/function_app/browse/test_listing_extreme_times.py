"""Photos of the first and the last moment that a name can state, in every list."""

from datetime import UTC, datetime

from tests.conftest import NewStore, StartBackend
from tests.support.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC)


def test_a_photo_of_any_time_breaks_no_list(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """A client may state any time. In zones where the last moment is in the year 10000, it is in no
    hours of the day."""
    api = Api(start_backend(new_store()))
    first, last = name_of("gate", FIRST), name_of("gate", LAST)
    for name in (first, last):
        assert api.put(jpeg(seed=81), photo_headers(name)).status_code == 201
    for zone, shown in {
        "UTC": [last],
        "Asia/Tokyo": [first],
        "Pacific/Kiritimati": [first],
        "America/New_York": [last, first],
    }.items():
        hours = f"time_from=00:30&time_to=00:00&zone={zone}"
        for camera in ("", "&camera=gate"):
            reply = api.read(f"/api/photos?{hours}{camera}")
            assert reply.status_code == 200, reply.text
            assert [one["id"] for one in reply.json()["photos"]] == list(map(str, shown))
    for path in ("events?camera=gate", "days", "cameras", "stats", "status", "photos?order=oldest"):
        assert api.read(f"/api/{path}").status_code == 200
