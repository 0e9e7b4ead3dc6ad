"""What the rows of days and their guard hold."""

from hypothesis import given
from hypothesis import strategies as st

from function_app.days.counts import read_counts_overview
from function_app.days.day_row import camera_columns, cameras
from function_app.days.upkeep import rebuild_day
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from tests.support.many_cameras import add_photo
from tests.support.memory_store.table import MAX_PROPERTY_BYTES
from tests.support.silent_devices import START, at


@given(st.integers(0, 3_000))
def test_the_names_of_all_cameras_fit_into_columns(count: int) -> None:
    """Also if each is as long as a name may be."""
    names = [f"{number:032}" for number in range(count)]
    columns = camera_columns(names)
    assert all(len(text.encode("utf-16-le")) <= MAX_PROPERTY_BYTES for text in columns.values())
    assert cameras({"run": "a", "first_day": "2026-11-20", **columns}) == names


def test_a_row_that_is_to_be_built_again_leaves_the_names(services: Services) -> None:
    """Who asks for that does not know which cameras there are. The next run does."""
    add_photo(services, 1, at(0))
    update_figures(services, at(1))
    rebuild_day(services, "camera-0001", START.date())
    assert list(read_counts_overview(services).cameras) == ["camera-0001"]
    services.index.forget_camera("camera-0001")
    update_figures(services, at(2))
    assert list(read_counts_overview(services).cameras) == []
