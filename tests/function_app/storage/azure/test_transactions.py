"""Table transactions: what is sent is what the SDK sends, and no reply but the right one counts."""

import email
import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import TableTransactionError, TransactionOperation, UpdateMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app.storage.azure.account import Account, open_account
from function_app.storage.azure.errors import error_code
from function_app.storage.azure.table_requests import TableError
from function_app.storage.azure.transactions import (
    Change,
    Operation,
)
from local.azurite import ACCOUNT_KEY, Azurite
from tests.support.api import new_camera
from tests.support.liar import Liar
from tests.support.recorder import Recorded, Recorder

SDK = {
    Operation.INSERT: (TransactionOperation.CREATE, {}),
    Operation.PUT: (TransactionOperation.UPSERT, {"mode": UpdateMode.REPLACE}),
    Operation.DELETE: (TransactionOperation.DELETE, {}),
}
# Table Storage allows none of / \ # ? and no control characters in keys.
KEYS = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="/\\#?"), min_size=1, max_size=40
)
CHANGES: list[Change] = [
    (Operation.INSERT, {"PartitionKey": "p", "RowKey": "t~1~gate", "word": 'it\'s "Büro" ☃\r\n'}),
    (Operation.PUT, {"PartitionKey": "p", "RowKey": "it's 50% é & more", "empty": ""}),
    (Operation.INSERT, {"PartitionKey": "p", "RowKey": "gone"}),
]


@pytest.fixture
def table(azurite: Azurite) -> str:
    """A table of the test's own."""
    name = "t" + new_camera().replace("-", "")
    open_account(azurite.connection_string, 1).tables.create_table(name)
    return name


@pytest.fixture(params=[False, True], ids=["by hand", "with the SDK"])
def account(request: pytest.FixtureRequest, azurite: Azurite) -> Account:
    """An account whose transactions are made in both ways."""
    return open_account(azurite.connection_string, 1, sdk_only=request.param)


def rows(account: Account, table: str) -> dict[str, dict[str, Any]]:
    found = account.tables.get_table_client(table).list_entities()
    return {row["RowKey"]: dict(row) for row in found}


def operations_in(sent: Recorded) -> list[tuple[str, str, set[tuple[str, str]], object]]:
    """The requests in a transaction: method, address, what their headers ask for, and row."""
    kind = dict(sent.headers)["Content-Type"]
    (batch,) = _parts(f"Content-Type: {kind}\r\n\r\n".encode() + sent.body)
    operations = []
    for part in batch.get_payload():
        first, _, rest = part.get_payload(decode=True).partition(b"\r\n")
        headers, _, body = rest.partition(b"\r\n\r\n")
        method, url, _ = first.decode().split(" ")
        asked = {tuple(line.split(": ", 1)) for line in headers.decode().split("\r\n") if line}
        asked = {one for one in asked if one[0] in ("If-Match", "DataServiceVersion")}
        row = json.loads(body) if body.strip() else None
        if row:
            assert set(row.values()) >= {"p"}
            row = {word: text for word, text in row.items() if "@odata.type" not in word}
        operations.append((method, url.partition("/devstoreaccount1/")[2], asked, row))
    return operations


def _parts(message: bytes) -> list[Any]:
    parts: list[Any] = email.message_from_bytes(message).get_payload()  # type: ignore[assignment]
    return parts


def test_what_is_sent_says_what_the_sdk_says(
    azurite: Azurite, account: Account, table: str
) -> None:
    """And it leaves the same rows."""
    deletions: list[Change] = [(Operation.DELETE, row) for _, row in CHANGES]
    left = []
    with Recorder(azurite.ports[2]) as recorder:
        there = azurite.connection_string.replace(str(azurite.ports[2]), str(recorder.port))
        relayed = open_account(there, 1)
        sdk = relayed.tables.get_table_client(table)
        for changes in (CHANGES, deletions):
            relayed.transactions.submit(table, changes)
            left.append(rows(account, table))
        for changes in (CHANGES, deletions):
            sdk.submit_transaction(
                [(SDK[made][0], dict(row), SDK[made][1]) for made, row in changes]
            )
            left.append(rows(account, table))
    written, deleted, written_by_sdk, deleted_by_sdk = recorder.exchanges
    assert operations_in(written) == operations_in(written_by_sdk)
    assert operations_in(deleted) == operations_in(deleted_by_sdk)
    assert left == [*left[2:], *left[2:]]
    assert [len(one) for one in left] == [3, 0, 3, 0]


def test_a_tag_is_sent_as_the_sdk_sends_it(azurite: Azurite, account: Account, table: str) -> None:
    """With the first change; if the row has another one by now, nothing is changed."""
    row = {"PartitionKey": "p", "RowKey": "there"}
    other = {"PartitionKey": "p", "RowKey": "other"}
    account.transactions.submit(table, [(Operation.PUT, row)])
    tag = account.tables.get_table_client(table).get_entity("p", "there").metadata["etag"]
    assert tag
    with Recorder(azurite.ports[2]) as recorder:
        there = azurite.connection_string.replace(str(azurite.ports[2]), str(recorder.port))
        relayed = open_account(there, 1)
        relayed.transactions.submit(table, [(Operation.PUT, row), (Operation.PUT, other)], tag)
        replaced, how = SDK[Operation.PUT]
        unchanged: dict[str, Any] = {
            **how,
            "etag": tag,
            "match_condition": MatchConditions.IfNotModified,
        }
        changes: list[Any] = [
            (TransactionOperation.UPDATE, row, unchanged),
            (replaced, other, how),
        ]
        with pytest.raises(TableTransactionError):
            relayed.tables.get_table_client(table).submit_transaction(changes)
    ours, the_sdk_s = recorder.exchanges
    assert operations_in(ours) == operations_in(the_sdk_s)
    account.transactions.submit(table, [(Operation.DELETE, other)])
    for operation in (Operation.PUT, Operation.DELETE):
        with pytest.raises(HttpResponseError) as caught:
            account.transactions.submit(table, [(operation, row), (Operation.PUT, other)], tag)
        assert error_code(caught.value) == "UpdateConditionNotSatisfied"
    assert set(rows(account, table)) == {"there"}


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(keys=st.sets(KEYS, min_size=1, max_size=3), word=st.text(max_size=60))
def test_any_key_and_text_comes_back_and_can_be_deleted(
    account: Account, table: str, keys: set[str], word: str
) -> None:
    word = word.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    written = [{"PartitionKey": "p", "RowKey": key, "word": word} for key in keys]
    for operation in (Operation.PUT, Operation.PUT):  # the second finds the first
        account.transactions.submit(table, [(operation, row) for row in written])
    assert {key: row["word"] for key, row in rows(account, table).items()} == dict.fromkeys(
        keys, word
    )
    account.transactions.submit(table, [(Operation.DELETE, row) for row in written])
    assert rows(account, table) == {}


@pytest.mark.parametrize(
    ("operation", "key", "code"),
    [
        (Operation.INSERT, "there", "EntityAlreadyExists"),
        (Operation.DELETE, "gone", "ResourceNotFound"),
    ],
)
def test_one_change_that_cannot_be_made_undoes_the_others(
    account: Account, table: str, operation: Operation, key: str, code: str
) -> None:
    account.transactions.submit(table, [(Operation.PUT, {"PartitionKey": "p", "RowKey": "there"})])
    changes = [
        (Operation.INSERT, {"PartitionKey": "p", "RowKey": "new"}),
        (operation, {"PartitionKey": "p", "RowKey": key}),
    ]
    with pytest.raises(HttpResponseError) as caught:
        account.transactions.submit(table, changes)
    assert error_code(caught.value) == code
    assert set(rows(account, table)) == {"there"}


def test_a_missing_table_and_a_wrong_key_have_their_error_codes(
    azurite: Azurite, account: Account, table: str
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        account.transactions.submit("tnone", CHANGES)
    assert error_code(caught.value) == "TableNotFound"
    wrong = azurite.connection_string.replace(ACCOUNT_KEY, "b3RoZXIga2V5")
    with pytest.raises(HttpResponseError) as caught:
        open_account(wrong, 1).transactions.submit(table, CHANGES)
    assert caught.value.status_code == 403
    assert "b3RoZXIga2V5" not in f"{caught.value!r} {caught.value}"


@pytest.fixture
def liar() -> Iterator[Liar]:
    with Liar() as running:
        yield running


def batch(*answers: bytes) -> bytes:
    """The body of a reply with these answers to the changes."""
    part = b"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    parts = b"".join(part + answer + b"\r\n" for answer in answers)
    head = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
    return head + parts + b"--c--\r\n--b--\r\n"


def refused(code: bytes) -> bytes:
    body = b'{"odata.error":{"code":"%b","message":{"value":"no"}}}' % code
    return (
        b"HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


MADE = b"HTTP/1.1 204 No Content\r\n\r\n"
RIGHT = (202, batch(MADE, MADE, MADE))
UNKNOWN = [
    (202, b""),
    (202, b"<html>Welcome</html>"),
    (202, batch(MADE, MADE)),
    (202, batch(MADE, MADE, MADE, MADE)),
    (200, batch(MADE, MADE, MADE)),
    (202, batch(MADE, MADE, refused(b"Full"))),
    (400, b'{"odata.error":{"code":"InvalidInput","message":{"value":"no"}}}'),
    (403, b'{"odata.error":{"code":"AuthenticationFailed","message":{"value":"no"}}}'),
    (502, b"<html>Bad Gateway</html>"),
]


@pytest.mark.parametrize("reply", UNKNOWN)
def test_only_an_answer_for_each_change_is_success(liar: Liar, reply: tuple[int, bytes]) -> None:
    """Neither by hand nor with the SDK."""
    liar.replies = [reply]
    for sdk_only in (False, True):
        with pytest.raises(AzureError):
            liar.account(sdk_only).transactions.submit("photos", CHANGES)
    assert liar.requests == 3  # by hand, repeated with the SDK, and with the SDK alone
    liar.replies = [RIGHT]
    liar.account().transactions.submit("photos", CHANGES)


@pytest.mark.parametrize("reply", UNKNOWN)
def test_an_unknown_reply_is_repeated_with_the_sdk(
    liar: Liar, reply: tuple[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """That one transaction alone, with one warning in the log of a process."""
    liar.replies = [reply, RIGHT, RIGHT, reply, RIGHT]
    transactions = liar.account().transactions
    for requests in (2, 3, 5):
        transactions.submit("photos", CHANGES)
        assert liar.requests == requests
    (line,) = [one for one in caplog.messages if "repeated with the SDK" in one]
    assert line.startswith("storage: a table transaction: ")
    assert "STORAGE_SDK_ONLY=1" in line


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ((202, batch(MADE, MADE, refused(b"EntityAlreadyExists"))), "EntityAlreadyExists"),
        ((503, b"<error><code>ServerBusy</code></error>"), "ServerBusy"),
    ],
)
def test_a_known_failure_is_not_repeated(
    liar: Liar, reply: tuple[int, bytes], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    liar.replies = [reply]
    with pytest.raises(TableError, match=f"answered [0-9]+ {code}"):
        liar.account().transactions.submit("photos", CHANGES)
    assert liar.requests == 1
    assert caplog.messages == []


def test_a_transaction_that_was_made_before_the_unknown_reply_fails_as_made(
    liar: Liar, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK finds the rows there, as another instance's: callers read what is there."""
    liar.replies = [(200, b""), (202, batch(refused(b"EntityAlreadyExists")))]
    with pytest.raises(HttpResponseError) as caught:
        liar.account().transactions.submit("photos", CHANGES)
    assert error_code(caught.value) == "EntityAlreadyExists"
    assert "repeated with the SDK" in caplog.text


def test_a_status_that_the_sdk_gets_too_is_no_unknown_reply(
    liar: Liar, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong key, for one."""
    liar.replies = [UNKNOWN[7]]
    with pytest.raises(HttpResponseError) as caught:
        liar.account().transactions.submit("photos", CHANGES)
    assert caught.value.status_code == 403
    assert caplog.messages == []
