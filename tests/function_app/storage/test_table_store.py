"""What is built on top of the records' methods."""

from function_app.services import Services
from function_app.storage.table_store import query_all, remove_all


def test_many_records_are_removed(empty: Services) -> None:
    """All of a partition, or those before a key, a hundred at a time."""
    keys = [f"{number:03d}" for number in range(205)]
    for first in range(0, len(keys), 100):
        empty.devices.upsert_all("some", {key: {"a": key} for key in keys[first : first + 100]})
    empty.devices.upsert("others", "000", {"a": "b"})
    assert remove_all(empty.devices, "some", end="104") == 104
    assert [row.key for row in query_all(empty.devices, "some")] == keys[104:]
    assert remove_all(empty.devices, "some") == 101
    assert remove_all(empty.devices, "some") == 0
    assert list(query_all(empty.devices, "some")) == []
    assert [row.properties for row in query_all(empty.devices, "others", ["c"])] == [{}]
