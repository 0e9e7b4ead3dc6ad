"""Keys are persisted, so they stay as they are; and no other package than storage/ builds one."""

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from function_app.storage import row_keys
from function_app.storage.row_keys import View
from local.processes import ROOT
from photo_wire.name import parse_name

NAME = parse_name("gate-20261120T120134567Z-5f3a9c2e")
POSITION = "001795176094567~gate-20261120T120134567Z-5f3a9c2e"
AT = NAME.captured_at
TABLE_METHODS = {"get", "insert", "upsert", "replace", "rewrite", "remove", "query", "query_all"}
STORES = {"rows", "accounts", "accesses", "table", "store"}


def test_the_persisted_keys_of_a_photo_stay() -> None:
    assert row_keys.all_keys(NAME) == [
        f"t~998204823905432~{NAME}",
        f"o~001795176094567~{NAME}",
        f"c~gate~998204823905432~{NAME}",
        f"p~gate~001795176094567~{NAME}",
    ]
    assert row_keys.all_keys(NAME, is_stub=True) == [
        f"a~998204823905432~{NAME}",
        f"b~001795176094567~{NAME}",
        f"f~gate~998204823905432~{NAME}",
        f"g~gate~001795176094567~{NAME}",
    ]
    assert row_keys.arrival_key(NAME, AT) == f"r~gate~{POSITION}"
    assert row_keys.state_key(NAME) == "i~gate~20261120T120134567Z-5f3a9c2e"
    assert row_keys.states_of("gate") == ("i~gate~", "i~gate~~")
    assert row_keys.reserved_name_key("gate", "ab") == "gate~ab"


def test_the_persisted_keys_of_counts_and_cameras_stay() -> None:
    day = date(2026, 11, 20)
    assert row_keys.last_seen_key("gate") == "m~gate~seen"
    assert row_keys.ALL_LAST_SEEN == ("m~", "m~~")
    assert row_keys.figures_key("gate") == "gate~all"
    assert row_keys.camera_of_figures_key("gate-2~all") == "gate-2"
    assert row_keys.checkpoint_key("gate") == "n~gate~0"
    assert row_keys.month_key("gate", day) == "n~gate~2026-11"
    assert row_keys.counts_of("gate") == ("n~gate~", "n~gate~~")
    assert row_keys.ALL_COUNTS == ("n~", "n~~")
    assert row_keys.camera_of_count_key("n~gate~2026-11") == "gate"
    assert row_keys.loss_month_key("gate", day) == "2026-11~gate"
    assert row_keys.camera_of_loss_key("2026-11~gate") == "gate"


def test_what_was_last_seen_of_all_cameras_lies_between_two_keys() -> None:
    after, end = row_keys.ALL_LAST_SEEN
    assert all(after < row_keys.last_seen_key(one) < end for one in ("0", "gate-", "z" * 32))


def test_the_persisted_partitions_stay() -> None:
    assert row_keys.PHOTOS == "photos"
    assert row_keys.RESERVED_NAMES == "claims"
    assert row_keys.NEW_CAMERAS == "cameras"
    assert row_keys.LOSS_MONTHS == "losses~months"
    assert row_keys.LOSSES_TAKEN_BACK == "losses~taken-back"
    assert row_keys.LOSS_CHECKPOINT == ("losses~up-to", "all")
    assert row_keys.FIGURES == "figures"


def test_the_checkpoint_comes_before_the_months() -> None:
    assert row_keys.checkpoint_key("gate") < row_keys.month_key("gate", date(1970, 1, 1))


def test_a_position_tells_when_the_photo_was_listed() -> None:
    assert row_keys.arrival_position(NAME, AT) == POSITION
    assert row_keys.arrived_at(POSITION) == AT
    next_millisecond = AT + timedelta(milliseconds=1)
    assert (
        POSITION < row_keys.position_after(AT) < row_keys.arrival_position(NAME, next_millisecond)
    )


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_view_contains_its_first_moment_and_not_its_last(oldest_first: bool) -> None:
    view = View("gate", AT, AT + timedelta(milliseconds=2), oldest_first)
    first, end = view.keys(None)
    moments = (datetime(2026, 11, 20, 12, 1, 34, 566_000 + 1000 * n, UTC) for n in range(4))
    names = [parse_name(f"gate-{moment:%Y%m%dT%H%M%S%f}"[:-3] + "Z-5f3a9c2e") for moment in moments]
    assert [first < view.key(name) < end for name in names] == [False, True, True, False]


def _keys_built(source: str) -> Iterator[str]:
    """Yield what looks like a row key or a partition that is built in this source: a literal with a
    tilde, or one that is given to a table."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and "~" in node.value and id(node) not in docstrings:  # type: ignore[attr-defined]
            yield ast.unparse(node)
        if isinstance(node, ast.Call) and _is_table_call(node.func):
            yield from (
                ast.unparse(node)
                for one in node.args[:2]
                if isinstance(one, ast.JoinedStr)
                or (isinstance(one, ast.Constant) and isinstance(one.value, str))
            )


def _is_table_call(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "query_all"
    if not isinstance(function, ast.Attribute) or function.attr not in TABLE_METHODS:
        return False
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return name in STORES


def _modules() -> list[Path]:
    found = (ROOT / "function_app").rglob("*.py")
    return [path for path in sorted(found) if "storage" not in path.relative_to(ROOT).parts]


def test_no_other_package_builds_a_key() -> None:
    built = {str(path): list(_keys_built(path.read_text())) for path in _modules()}
    assert len(built) > 50
    assert {path: keys for path, keys in built.items() if keys} == {}


@pytest.mark.parametrize(
    "source",
    [
        'rows.get(f"sessions~{name}", key)',
        'services.accounts.query("people", 10)',
        'rows.upsert(USERS, f"{kind}-{name}", {})',
        'key = f"n~{camera}"',
        'query_all(rows, "tokens")',
    ],
)
def test_a_key_that_is_built_is_seen(source: str) -> None:
    assert list(_keys_built(source))


@pytest.mark.parametrize(
    "source",
    ["rows.get(sessions_of(name), key)", '"""As `n~gate`."""', 'properties.get("via", "")'],
)
def test_what_is_no_key_is_not_one(source: str) -> None:
    assert list(_keys_built(source)) == []
