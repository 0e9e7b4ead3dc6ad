"""Filters select rows, and what they select too much is left out."""

from hypothesis import given
from hypothesis import strategies as st

from function_app.storage.azure.filters import count_terms, covering, within
from function_app.storage.table_store import Entity, KeyRange

KEYS = st.text("abc~", min_size=1, max_size=3)
RANGES = st.lists(st.tuples(KEYS, KEYS).map(lambda ends: (min(ends), max(ends))), min_size=1)


def selected(keys: list[str], ranges: list[KeyRange]) -> list[str]:
    return [key for key in keys if any(first <= key <= last for first, last in ranges)]


@given(RANGES, st.lists(KEYS))
def test_rows_within_ranges_are_those_that_one_of_them_has(
    ranges: list[KeyRange], keys: list[str]
) -> None:
    found = within([Entity(key, {}) for key in keys], ranges)
    assert [row.key for row in found] == selected(keys, ranges)


@given(RANGES, st.integers(2, 20), st.lists(KEYS))
def test_few_ranges_cover_many(ranges: list[KeyRange], max_terms: int, keys: list[str]) -> None:
    """Whatever one of them has, and if they are few enough nothing else."""
    covered = covering(ranges, max_terms)
    assert count_terms(covered) <= max_terms
    assert set(selected(keys, ranges)) <= set(selected(keys, covered))
    if count_terms(ranges) <= max_terms:
        assert covered == sorted(ranges)
