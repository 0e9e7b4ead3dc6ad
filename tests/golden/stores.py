"""A store that a version wrote, and what that version answered about it, as files for people.

A folder `store-VERSION` has rows.jsonl and blobs.jsonl (all tables and containers), bodies.json
(the bytes that these and the exchanges name by SHA-256), exchanges.jsonl (requests, in order, and
what the version answered) and facts.jsonl. record_store.py writes it. Its made-up secrets are in
the files *.jsonl: test_golden.py searches the files *.json for secrets.

Sessions, links and counts depend on the time. So facts.jsonl has the moment at which the store was
recorded, and whoever reads the store runs a backend at that moment (tests/support/clocked_host.py):
nothing in the store is rewritten, and it can be read in ten years.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient, ContentSettings

MAX_OPERATIONS = 100  # in a transaction
TOPICS = ("accounts", "alerts", "lists", "photos", "rights", "links", "sign-ins", "sent again")
ANSWERED_HEADERS = ("Content-Type", "Content-Range", "ETag", "Content-Disposition")


@dataclass(frozen=True)
class Exchange:
    """A request by somebody of facts.jsonl's `credentials`, and its answer: of JSON all of it, of a
    photo some headers and the SHA-256; of a problem only the status, since its text may change."""

    who: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None  # SHA-256 of a body in bodies.json
    json: Any = None
    status: int = 0
    answer: Any = None
    topic: str = ""  # one of TOPICS

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.path}"

    def send(
        self,
        session: requests.Session,
        base_url: str,
        headers: Mapping[str, str],
        bodies: Mapping[str, bytes],
    ) -> requests.Response:
        """Send the request with these credentials."""
        return session.request(
            self.method,
            base_url + self.path,
            headers={**headers, **self.headers, "Origin": base_url},
            data=None if self.body is None else bodies[self.body],
            json=self.json,
            timeout=90,
        )


def session_without_cookies() -> requests.Session:
    """Return a session that keeps connections, and no cookies."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def answer_of(response: requests.Response) -> Any:
    """Return what of a response is compared."""
    kind = response.headers.get("Content-Type", "")
    if not response.ok or not response.content or kind.startswith("text/html"):
        return None
    if kind.startswith("application/json"):
        return response.json()
    described = {one: response.headers[one] for one in ANSWERED_HEADERS if one in response.headers}
    return {**described, "sha256": hashlib.sha256(response.content).hexdigest()}


@dataclass(frozen=True)
class RecordedStore:
    """The folder of a version, read."""

    rows: list[dict[str, Any]]
    blobs: list[dict[str, Any]]
    bodies: Mapping[str, bytes]
    exchanges: list[Exchange]
    facts: dict[str, Any]

    @property
    def now(self) -> datetime:
        """The moment at which it was recorded."""
        return datetime.fromisoformat(self.facts["now"])

    def headers_of(self, who: str) -> Mapping[str, str]:
        """Return the headers by which this person, program or device shows who it is."""
        headers: Mapping[str, str] = self.facts["credentials"][who]
        return headers

    def load(self, connection_string: str) -> None:
        """Write all of it into an empty storage account."""
        tables = TableServiceClient.from_connection_string(connection_string)
        for table in dict.fromkeys(row["table"] for row in self.rows):
            client = tables.create_table(table)
            of_table = [row["entity"] for row in self.rows if row["table"] == table]
            for partition in dict.fromkeys(row["PartitionKey"] for row in of_table):
                creations = [
                    ("create", row) for row in of_table if row["PartitionKey"] == partition
                ]
                for start in range(0, len(creations), MAX_OPERATIONS):
                    client.submit_transaction(creations[start : start + MAX_OPERATIONS])
        blobs = BlobServiceClient.from_connection_string(connection_string)
        for container in dict.fromkeys(blob["container"] for blob in self.blobs):
            to = blobs.create_container(container)
            for blob in self.blobs:
                if blob["container"] == container:
                    to.upload_blob(
                        blob["name"],
                        self.bodies[blob["sha256"]],
                        metadata=blob["metadata"],
                        content_settings=ContentSettings(content_type=blob["content_type"]),
                    )


def dump(connection_string: str) -> RecordedStore:
    """Return all that is in a storage account. Raises TypeError for a property that JSON would not
    give back as it is."""
    bodies: dict[str, bytes] = {}
    rows, blobs = [], []
    tables = TableServiceClient.from_connection_string(connection_string)
    for table in sorted(one.name for one in tables.list_tables()):
        for entity in tables.get_table_client(table).list_entities():
            for name, value in entity.items():
                if not isinstance(value, str):
                    raise TypeError(f"{table}: {name} is a {type(value).__name__}")
            rows.append({"table": table, "entity": dict(entity)})
    service = BlobServiceClient.from_connection_string(connection_string)
    for container in sorted(one.name for one in service.list_containers()):
        client = service.get_container_client(container)
        for blob in client.list_blobs(include=["metadata"]):
            body = client.download_blob(blob.name).readall()
            sha256 = hashlib.sha256(body).hexdigest()
            bodies[sha256] = body
            blobs.append(
                {
                    "container": container,
                    "name": blob.name,
                    "content_type": blob.content_settings.content_type,
                    "metadata": blob.metadata,
                    "sha256": sha256,
                }
            )
    return RecordedStore(rows, blobs, bodies, [], {})


def write(store: RecordedStore, folder: Path) -> None:
    """Write a new folder."""
    folder.mkdir(parents=True)
    exchanges = [
        {name: value for name, value in asdict(one).items() if value not in (None, {})}
        for one in store.exchanges
    ]
    _write_lines(folder / "rows.jsonl", store.rows)
    _write_lines(folder / "blobs.jsonl", store.blobs)
    _write_lines(folder / "exchanges.jsonl", exchanges)
    bodies = {
        sha256: base64.b64encode(body).decode() for sha256, body in sorted(store.bodies.items())
    }
    (folder / "bodies.json").write_text(json.dumps(bodies, indent=0) + "\n")
    facts = ({"name": name, "value": value} for name, value in store.facts.items())
    _write_lines(folder / "facts.jsonl", facts)


def read(folder: Path) -> RecordedStore:
    """Read a version's folder."""
    bodies = json.loads((folder / "bodies.json").read_text())
    return RecordedStore(
        _read_lines(folder / "rows.jsonl"),
        _read_lines(folder / "blobs.jsonl"),
        {sha256: base64.b64decode(body) for sha256, body in bodies.items()},
        [Exchange(**one) for one in _read_lines(folder / "exchanges.jsonl")],
        {one["name"]: one["value"] for one in _read_lines(folder / "facts.jsonl")},
    )


def _write_lines(file: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    file.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in objects))


def _read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]
