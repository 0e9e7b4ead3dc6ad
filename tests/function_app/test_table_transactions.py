"""Table transactions: what is sent is what the SDK sends, and no reply but the right one counts."""

import email
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.data.tables import TableTransactionError, TransactionOperation, UpdateMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app.storage.azure.account import Account, open_account
from function_app.storage.azure.errors import error_code
from function_app.storage.azure.transactions import Change, Operation, TransactionError
from local.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from tests.function_app.api import new_camera
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


@pytest.fixture
def account(azurite: Azurite) -> Account:
    return open_account(azurite.connection_string, 1)


def rows(account: Account, table: str) -> dict[str, dict[str, Any]]:
    found = account.tables.get_table_client(table).list_entities()
    return {row["RowKey"]: dict(row) for row in found}


def said(sent: Recorded) -> list[tuple[str, str, set[tuple[str, str]], object]]:
    """The requests in a transaction: method, address, what their headers ask for, and row."""
    kind = dict(sent.headers)["Content-Type"]
    (batch,) = _parts(f"Content-Type: {kind}\r\n\r\n".encode() + sent.body)
    told = []
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
        told.append((method, url.partition("/devstoreaccount1/")[2], asked, row))
    return told


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
    assert said(written) == said(written_by_sdk)
    assert said(deleted) == said(deleted_by_sdk)
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
    assert said(ours) == said(the_sdk_s)
    account.transactions.submit(table, [(Operation.DELETE, other)])
    for operation in (Operation.PUT, Operation.DELETE):
        with pytest.raises(TransactionError) as caught:
            account.transactions.submit(table, [(operation, row), (Operation.PUT, other)], tag)
        assert error_code(caught.value) == "UpdateConditionNotSatisfied"
    assert set(rows(account, table)) == {"there"}


@settings(
    max_examples=25,
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
    with pytest.raises(TransactionError) as caught:
        account.transactions.submit(table, changes)
    assert error_code(caught.value) == code
    assert set(rows(account, table)) == {"there"}


def test_a_missing_table_and_a_wrong_key_are_told_by_name(
    azurite: Azurite, account: Account, table: str
) -> None:
    with pytest.raises(TransactionError) as caught:
        account.transactions.submit("tnone", CHANGES)
    assert error_code(caught.value) == "TableNotFound"
    wrong = azurite.connection_string.replace(ACCOUNT_KEY, "b3RoZXIga2V5")
    with pytest.raises(TransactionError) as caught:
        open_account(wrong, 1).transactions.submit(table, CHANGES)
    assert caught.value.status_code == 403
    assert "b3RoZXIga2V5" not in f"{caught.value!r} {caught.value}"


@dataclass
class Liar:
    """A service that answers every request with the same bytes."""

    status: int = 202
    body: bytes = b""
    port: int = 0


@pytest.fixture
def liar() -> Iterator[Liar]:
    lies = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(lies.status)
            self.send_header("Content-Length", str(len(lies.body)))
            self.end_headers()
            self.wfile.write(lies.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        lies.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield lies
        server.shutdown()


MADE = b"--c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
REFUSED = b'--c\r\n\r\nHTTP/1.1 409 Conflict\r\n\r\n{"odata.error":{"code":"Full"}}\r\n'


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (202, b"", "got 0 answers"),
        (202, b"<html>Welcome</html>", "got 0 answers"),
        (202, 2 * MADE, "got 2 answers"),
        (202, 4 * MADE, "got 4 answers"),
        (200, 3 * MADE, "answered 200"),
        (202, 2 * MADE + REFUSED, "answered 409 Full"),
        (503, b"<error><code>ServerBusy</code></error>", "answered 503 ServerBusy"),
        (403, b'{"odata.error": {"code": "AuthenticationFailed"}}', "AuthenticationFailed"),
    ],
)
def test_only_an_answer_for_each_change_is_success(
    liar: Liar, status: int, body: bytes, told: str
) -> None:
    liar.status, liar.body = status, body
    there = (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        f"BlobEndpoint=http://127.0.0.1:1/x;TableEndpoint=http://127.0.0.1:{liar.port}/{ACCOUNT};"
    )
    with pytest.raises(AzureError, match=told):
        open_account(there, 1).transactions.submit("photos", CHANGES)
    liar.status, liar.body = 202, 3 * MADE
    open_account(there, 1).transactions.submit("photos", CHANGES)
