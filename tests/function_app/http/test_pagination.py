"""One list of several cameras' own lists."""

from hypothesis import given
from hypothesis import strategies as st

from function_app.http.pagination import merge

LISTS = st.dictionaries(
    st.sampled_from("abcdef"), st.sets(st.integers(0, 400), max_size=60), max_size=6
)


@given(LISTS, st.integers(1, 80))
def test_a_merged_list_is_the_beginning_of_the_sorted_whole(
    lists: dict[str, set[int]], count: int
) -> None:
    """However long each list is; and no more is read than some pages of it."""
    whole = sorted(f"{number:04d}{camera}" for camera, one in lists.items() for number in one)
    sizes: list[int] = []

    def read(camera: str, size: int, last: str | None) -> list[str]:
        sizes.append(size)
        own = [entry for entry in whole if entry[-1] == camera and entry > (last or "")]
        return own[:size]

    assert merge(lists, read, str, count) == whole[:count]
    assert len(sizes) <= len(lists) * 8


def test_a_page_of_many_cameras_needs_about_one_request_each() -> None:
    """And a few more where one camera has most of what is new."""
    busy = [f"{number:04d}" for number in range(1000)]
    sizes: list[int] = []

    def read(camera: str, size: int, last: str | None) -> list[str]:
        sizes.append(size)
        own = busy if camera == "7" else [f"2{camera.rjust(3, '0')}"]
        return [entry for entry in own if entry > (last or "")][:size]

    cameras = list(map(str, range(100)))
    assert merge(cameras, read, str, 51) == busy[:51]
    assert len(sizes) <= 100 + 6
    assert sum(sizes) <= 3 * 51 + 2 * 100
