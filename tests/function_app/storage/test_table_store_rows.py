"""Rows are inserted, replaced and walked alike by every store."""

from concurrent.futures import ThreadPoolExecutor

from function_app.services import Services
from function_app.storage.table_store import ConditionalUpdate


def test_a_row_is_inserted_once(services: Services, camera: str) -> None:
    """Of many at the same moment one does it; its words are those that count."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: services.accounts.insert(camera, "key", {"n": str(n)}), range(8))
        )
    assert answers.count(True) == 1
    row = services.accounts.get(camera, "key")
    assert row
    assert row.properties == {"n": str(answers.index(True))}


def test_a_row_that_changed_meanwhile_is_not_replaced(services: Services, camera: str) -> None:
    """Nor one that is gone: whoever writes has to read it again."""
    services.accounts.upsert(camera, "key", {"count": "1"})
    seen = services.accounts.get(camera, "key")
    assert seen
    assert services.accounts.replace(camera, seen, {"count": "2"})
    assert not services.accounts.replace(camera, seen, {"count": "3"})
    now = services.accounts.get(camera, "key")
    assert now
    assert now.properties == {"count": "2"}
    services.accounts.remove(camera, "key")
    services.accounts.remove(camera, "key")
    assert not services.accounts.replace(camera, now, {"count": "4"})
    assert services.accounts.get(camera, "key") is None


def test_rows_are_rewritten_together_or_not_at_all(services: Services, camera: str) -> None:
    """Only while the first is as it was read; others are written, whatever they are, or removed."""
    for key in ("a", "b", "c"):
        services.accounts.upsert(camera, key, {"is": "old"})
    seen = services.accounts.get(camera, "a")
    assert seen
    changes = {"b": {"is": "new"}, "c": None, "d": {"is": "new"}}
    rewrite = ConditionalUpdate(seen, {"is": "new"}, changes)
    assert services.accounts.rewrite(camera, rewrite)
    rows = services.accounts.query(camera, 10)
    assert [(row.key, dict(row.properties)) for row in rows] == [
        (key, {"is": "new"}) for key in ("a", "b", "d")
    ]
    assert not services.accounts.rewrite(camera, rewrite)
    missing = ConditionalUpdate(rows[0], {"is": "newest"}, {"c": None})
    assert not services.accounts.rewrite(camera, missing)
    assert services.accounts.query(camera, 10) == rows
    same = ConditionalUpdate(rows[0], rows[0].properties)
    assert services.accounts.rewrite(camera, same)
    assert not services.accounts.rewrite(camera, same)


def test_rows_are_walked_by_key(services: Services, camera: str) -> None:
    """Of one partition, so many, behind a key; what is put twice is there once."""
    for key in ("b", "a", "c", "a"):
        services.accounts.upsert(camera, key, {"is": key})
    services.accounts.upsert(f"{camera}-2", "d", {})
    assert [row.key for row in services.accounts.query(camera, 10)] == ["a", "b", "c"]
    assert [row.key for row in services.accounts.query(camera, 1, after="a")] == ["b"]
    assert [row.key for row in services.accounts.query(camera, 9, "a", "c")] == ["b"]
    assert services.accounts.query("nobody's", 10) == []


def test_rows_of_several_ranges_are_read_at_once(services: Services, camera: str) -> None:
    """In the order of their keys, each once, whatever the order of the ranges."""
    keys = ["a", "b~1", "b~2", "b~3", "c", "it's", "z"]
    for key in keys:
        services.accounts.upsert(camera, key, {"of": key})
    ranges = [("it's", "it's"), ("b~2", "b~9"), ("a", "a"), ("b~3", "b~3"), ("nobody", "nobody")]
    found = services.accounts.query_ranges(camera, ranges)
    assert [row.key for row in found] == ["a", "b~2", "b~3", "it's"]
    assert [row.properties["of"] for row in found] == ["a", "b~2", "b~3", "it's"]
    found = services.accounts.query_ranges(camera, ranges, ["none"])
    assert [(row.key, row.properties) for row in found[:1]] == [("a", {})]
    assert services.accounts.query_ranges(camera, [("d", "e")]) == []
    assert services.accounts.query_ranges(camera, []) == []
