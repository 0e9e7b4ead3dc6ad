"""The filters of queries (OData 3), and what rows they select."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate

from function_app.storage.table_store import Entity, KeyRange


def key_range(partition: str, after: str, end: str = "") -> str:
    """Return the filter for the rows of a partition between two keys, both excluded; without an
    `end` up to the last."""
    where = f"PartitionKey eq {literal(partition)} and RowKey gt {literal(after)}"
    return f"{where} and RowKey lt {literal(end)}" if end else where


def ranges_filter(partition: str, ranges: Sequence[KeyRange]) -> str:
    """Return the filter for the rows of a partition in these ranges. Azure looks through all rows
    between the first and the last of them."""
    first, last = min(one[0] for one in ranges), max(one[1] for one in ranges)
    between = f"RowKey ge {literal(first)} and RowKey le {literal(last)}"
    within = " or ".join(map(_in, ranges))
    return f"PartitionKey eq {literal(partition)} and {between} and ({within})"


def _in(keys: KeyRange) -> str:
    first, last = map(literal, keys)
    return f"RowKey eq {first}" if first == last else f"(RowKey ge {first} and RowKey le {last})"


def count_terms(ranges: Sequence[KeyRange]) -> int:
    """Return how many comparisons these ranges are."""
    return sum(1 if first == last else 2 for first, last in ranges)


def covering(ranges: Sequence[KeyRange], max_terms: int) -> list[KeyRange]:
    """Return ranges of at most `max_terms` comparisons in which these lie, and perhaps others
    between them."""
    in_order = sorted(ranges)
    if count_terms(in_order) <= max_terms:
        return in_order
    size = -(-len(in_order) // (max_terms // 2))
    parts = [in_order[first : first + size] for first in range(0, len(in_order), size)]
    return [(part[0][0], max(last for _, last in part)) for part in parts]


def within(rows: Iterable[Entity], ranges: Sequence[KeyRange]) -> list[Entity]:
    """Return the rows with keys in one of these ranges."""
    firsts, lasts = zip(*sorted(ranges), strict=True)
    ends = list(accumulate(lasts, max))  # of the ranges that begin so far
    places = ((row, bisect_right(firsts, row.key)) for row in rows)
    return [row for row, place in places if place and row.key <= ends[place - 1]]


def cameras_filter(cameras: Collection[str]) -> str:
    """Return the filter for the rows of these cameras."""
    return f"({' or '.join(f'camera eq {literal(one)}' for one in cameras)})"


def literal(text: str) -> str:
    """Return text as a filter has it (OData 3, "Primitive Literals")."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
