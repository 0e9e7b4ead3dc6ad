"""Rows that are read: what is asked is what the SDK asks, and what comes of a reply is what the SDK
makes of it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import EdmType, EntityProperty, TableEntity, UpdateMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app.storage.azure.account import Account, open_account
from function_app.storage.azure.filters import key_range, literal
from function_app.storage.azure.queries import Query
from function_app.storage.azure.table_requests import TableError
from function_app.storage.table_store import Entity
from local.azurite import Azurite
from tests.support.api import new_camera
from tests.support.liar import Liar
from tests.support.recorder import Recorded, Recorder

# Table Storage allows none of / \ # ? and no control characters in keys.
KEYS = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="/\\#?"), min_size=1, max_size=40
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: name.lower() not in ("partitionkey", "rowkey", "timestamp", "etag")
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
OTHERS = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1).map(lambda one: EntityProperty(one, EdmType.INT64)),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(max_size=20),
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.uuids(),
)
COLUMNS = st.dictionaries(NAMES, st.one_of(TEXTS, TEXTS, OTHERS), max_size=6)
ROWS = st.dictionaries(KEYS, COLUMNS, min_size=1, max_size=4)
EVERY_ROW = settings(
    max_examples=2 * settings().max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def table(azurite: Azurite) -> str:
    """A table of the test's own."""
    name = "t" + new_camera().replace("-", "")
    open_account(azurite.connection_string, 1).tables.create_table(name)
    return name


@pytest.fixture
def account(azurite: Azurite) -> Account:
    return open_account(azurite.connection_string, 1)


@pytest.fixture
def sdk(azurite: Azurite) -> Account:
    """The same account, read by the SDK alone."""
    return open_account(azurite.connection_string, 1, sdk_only=True)


@pytest.fixture
def liar() -> Iterator[Liar]:
    with Liar() as running:
        yield running


def entity(row: TableEntity) -> Entity:
    """What a row of the SDK is to Nightjar: its columns that are text, and its etag."""
    texts = {name: value for name, value in row.items() if isinstance(value, str)}
    key = texts.pop("RowKey")
    texts.pop("PartitionKey", None)
    return Entity(key, texts, row.metadata["etag"] or "")


def write(account: Account, table: str, partition: str, rows: dict[str, dict[str, Any]]) -> None:
    for key, columns in rows.items():
        account.tables.get_table_client(table).upsert_entity(
            {**columns, "PartitionKey": partition, "RowKey": key}, UpdateMode.REPLACE
        )


def question(sent: Recorded) -> tuple[str, str, list[tuple[str, str]], list[tuple[str, str]]]:
    """The method, the path, the query's parameters, and the headers that say what is wanted."""
    address = urlsplit(sent.path)
    wanted = ("accept", "dataserviceversion", "x-ms-version")
    headers = [(name.lower(), value) for name, value in sent.headers]
    return (
        sent.method,
        address.path,
        sorted(parse_qsl(address.query, keep_blank_values=True)),
        sorted(one for one in headers if one[0] in wanted),
    )


def test_what_is_asked_is_what_the_sdk_asks(azurite: Azurite, table: str) -> None:
    """A row, all columns and some, and the pages after the first."""
    queries = [
        Query(table, key_range("it's 50%", "é & more", "ê"), 2),
        Query(table, key_range("it's 50%", ""), 2, ["one", "two"]),
        Query(table, f"PartitionKey eq {literal('')}", columns=[]),
    ]
    with Recorder(azurite.ports[2]) as recorder:
        there = azurite.connection_string.replace(str(azurite.ports[2]), str(recorder.port))
        asked = []
        for sdk_only in (False, True):
            account = open_account(there, 1, sdk_only=sdk_only)
            write(account, table, "it's 50%", {f"é & more {number}": {} for number in range(5)})
            recorder.exchanges.clear()
            assert account.queries.get(table, "it's 50%", "é & more 1")
            assert account.queries.get(table, "it's", "gone'") is None
            found = [list(account.queries.rows(query)) for query in queries]
            assert [len(rows) for rows in found] == [5, 5, 0]
            asked.append([question(one) for one in recorder.exchanges])
    by_hand, by_sdk = asked
    assert by_hand == by_sdk
    assert len(by_hand) == 2 + 3 + 3 + 1


@EVERY_ROW
@given(partition=KEYS, rows=ROWS, selected=st.lists(NAMES, max_size=3, unique=True))
def test_any_row_is_what_the_sdk_makes_of_it(
    account: Account,
    sdk: Account,
    table: str,
    partition: str,
    rows: dict[str, dict[str, Any]],
    selected: list[str],
) -> None:
    """Its key, its texts and its etag, read alone and in a list, with all columns and with some
    that it may lack."""
    write(account, table, partition, rows)
    client = account.tables.get_table_client(table)
    for key, columns in rows.items():
        found = account.queries.get(table, partition, key)
        assert found == sdk.queries.get(table, partition, key)
        assert found == entity(client.get_entity(partition, key))
        assert found.properties == {
            name: value for name, value in columns.items() if isinstance(value, str)
        }
    some = [*selected, *islice((name for columns in rows.values() for name in columns), 1)]
    for chosen in (None, [], list(dict.fromkeys(some))):
        query = Query(table, key_range(partition, ""), 2, chosen)
        listed = list(account.queries.rows(query))
        assert listed == list(sdk.queries.rows(query))
        assert {row.key for row in listed} >= rows.keys()
    by_key = {row.key: row for row in account.queries.rows(Query(table, key_range(partition, "")))}
    assert all(by_key[key] == account.queries.get(table, partition, key) for key in rows)


@pytest.mark.parametrize("page_size", [1, 3, 7, 1000])
def test_all_pages_come_in_order(account: Account, table: str, page_size: int) -> None:
    rows = {f"it's é {number}": {"text": str(number)} for number in range(7)}
    write(account, table, "p", {**rows, "~": {}})
    found = account.queries.rows(Query(table, key_range("p", "", "~"), page_size))
    assert [(row.key, row.properties["text"]) for row in found] == [
        (key, columns["text"]) for key, columns in rows.items()
    ]


def test_a_reader_who_stops_asks_for_no_further_page(
    azurite: Azurite, account: Account, table: str
) -> None:
    write(account, table, "p", {str(number): {} for number in range(4)})
    with Recorder(azurite.ports[2]) as recorder:
        there = azurite.connection_string.replace(str(azurite.ports[2]), str(recorder.port))
        rows = open_account(there, 1).queries.rows(Query(table, key_range("p", ""), 2))
        assert [row.key for row in islice(rows, 2)] == ["0", "1"]
        assert len(recorder.exchanges) == 1


def test_a_missing_table_has_no_rows(account: Account, sdk: Account) -> None:
    for one in (account, sdk):
        assert one.queries.get("tnone", "p", "k") is None
        assert list(one.queries.rows(Query("tnone", key_range("p", "")))) == []


def test_an_etag_of_a_list_opens_a_conditional_update(account: Account, table: str) -> None:
    """It is the row's, whatever columns were selected, until the row changes."""
    write(account, table, "p", {"k": {"text": "one"}})
    for columns in (None, [], ["text"]):
        (row,) = account.queries.rows(Query(table, key_range("p", ""), columns=columns))
        assert row.etag
        assert row.etag == account.queries.get(table, "p", "k").etag  # type: ignore[union-attr]
    write(account, table, "p", {"k": {"text": "two"}})
    assert row.etag != account.queries.get(table, "p", "k").etag  # type: ignore[union-attr]


STAMP = "2026-11-20T12:01:34.5670001Z"
REPLIES = [
    {"RowKey": "k"},
    {"RowKey": "k", "Timestamp": STAMP, "text": "no etag, as in Azure's smallest replies"},
    {"odata.etag": "W/\"datetime'x'\"", "RowKey": "k", "Timestamp": STAMP, "text": ""},
    {"odata.etag": None, "RowKey": "k", "selected": None, "text": "\u2603\r\n\"'\\"},
    {"odata.type": "t", "odata.id": "i", "odata.editLink": "e", "RowKey": "k", "text": "1"},
    {"RowKey": "k", "at@odata.type": "Edm.DateTime", "at": "2026-11-20T12:01:34Z", "text": "1"},
    {"RowKey": "k", "text@odata.type": "Edm.String", "text": "1"},
    {"RowKey": "k", "guid@odata.type": "Edm.Guid", "guid": str(UUID(int=5)), "flag": True},
    {"RowKey": "k", "many": "5", "many@odata.type": "Edm.Int64", "few": 5, "half": 0.5},
    {"RowKey": "k", "new": "5", "new@odata.type": "Edm.OfTomorrow"},
]


@pytest.mark.parametrize("row", REPLIES)
def test_whatever_form_a_row_has_it_is_read_as_by_the_sdk(liar: Liar, row: dict[str, Any]) -> None:
    liar.replies = [(200, json.dumps({"odata.metadata": "m", "value": [row]}).encode())]
    query = Query("photos", key_range("p", ""))
    by_hand = list(liar.account().queries.rows(query))
    by_sdk = liar.account().tables.get_table_client("photos").query_entities(query.where)
    assert by_hand == [entity(one) for one in by_sdk]
    assert by_hand == list(liar.account(sdk_only=True).queries.rows(query))
    liar.replies = [(200, json.dumps({"odata.metadata": "m", **row}).encode())]
    assert liar.account().queries.get("photos", "p", "k") == by_hand[0]


@pytest.mark.parametrize("keys", [("a", "b"), ("a", None), (None, "b")])
def test_an_empty_page_with_others_behind_it_is_not_the_end(
    liar: Liar, keys: tuple[str | None, str | None]
) -> None:
    names = ("x-ms-continuation-NextPartitionKey", "x-ms-continuation-NextRowKey")
    more = {name: key for name, key in zip(names, keys, strict=True) if key}
    for sdk_only in (False, True):
        liar.requests, liar.replies, liar.headers = 0, [(200, b'{"value": []}')], more
        rows = liar.account(sdk_only).queries.rows(Query("photos", "true"))
        liar.replies = [*liar.replies * 2, (200, b'{"value": [{"RowKey": "k"}]}')]
        assert next(rows).key == "k"
        assert liar.requests == 3


GOOD_LIST, GOOD_ROW = (200, b'{"value": [{"RowKey": "k"}]}'), (200, b'{"RowKey": "k"}')
UNKNOWN = [
    (200, b""),
    (200, b"<html>Welcome</html>"),
    (200, b'{"value": [{"RowKey": "k"}'),
    (200, b'{"value": null, "RowKey": null}'),
    (200, b'{"value": [{"text": "without a key"}]}'),
    (200, b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    (200, b"[]"),
    (202, GOOD_LIST[1]),
    (404, b"<html>Not here</html>"),
    (400, b'{"odata.error":{"code":"InvalidInput","message":{"value":"no"}}}'),
    (403, b'{"odata.error":{"code":"AuthenticationFailed","message":{"value":"no"}}}'),
    (502, b"<html>Bad Gateway</html>"),
]


@pytest.mark.parametrize("reply", UNKNOWN)
def test_no_other_reply_counts_as_rows(liar: Liar, reply: tuple[int, bytes]) -> None:
    """Neither by hand nor with the SDK, which repeats the request."""
    liar.replies = [reply]
    for sdk_only in (False, True):
        with pytest.raises(AzureError):
            list(liar.account(sdk_only).queries.rows(Query("photos", "true")))
        with pytest.raises(AzureError):
            liar.account(sdk_only).queries.get("photos", "p", "k")
    assert liar.requests == 2 * (2 + 1)


@pytest.mark.parametrize("reply", UNKNOWN)
def test_an_unknown_reply_is_repeated_with_the_sdk(
    liar: Liar, reply: tuple[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """That one request alone, with one warning in the log of a process."""
    liar.replies = [reply, GOOD_LIST, GOOD_LIST, reply, GOOD_ROW, GOOD_ROW]
    queries = liar.account().queries
    for requests in (2, 3):
        assert [row.key for row in queries.rows(Query("photos", "true"))] == ["k"]
        assert liar.requests == requests
    for requests in (5, 6):
        assert queries.get("photos", "p", "k") == Entity("k", {})
        assert liar.requests == requests
    (line,) = [one for one in caplog.messages if "repeated with the SDK" in one]
    assert line.startswith("storage: a query: ")
    assert "STORAGE_SDK_ONLY=1" in line


def test_an_object_is_no_page_of_rows(liar: Liar) -> None:
    """To the SDK it would be an empty one."""
    liar.replies = [(200, b'{"value": {}}'), GOOD_LIST]
    assert [row.key for row in liar.account().queries.rows(Query("photos", "true"))] == ["k"]


def test_a_known_failure_is_not_repeated(liar: Liar, caplog: pytest.LogCaptureFixture) -> None:
    liar.replies = [(503, b"<error><code>ServerBusy</code></error>")]
    with pytest.raises(TableError, match="answered 503 ServerBusy"):
        list(liar.account().queries.rows(Query("photos", "true")))
    with pytest.raises(TableError, match="answered 503 ServerBusy"):
        liar.account().queries.get("photos", "p", "k")
    assert liar.requests == 2
    assert caplog.messages == []


def test_a_status_that_the_sdk_gets_too_is_no_unknown_reply(
    liar: Liar, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong key, for one."""
    liar.replies = [UNKNOWN[-2]]
    with pytest.raises(HttpResponseError) as caught:
        liar.account().queries.get("photos", "p", "k")
    assert caught.value.status_code == 403
    assert caplog.messages == []


@given(text=TEXTS)
def test_a_literal_ends_where_its_text_does(text: str) -> None:
    match = re.fullmatch(r"'((?:[^']|'')*)'", literal(text), re.DOTALL)
    assert match
    assert match[1].replace("''", "'") == text
