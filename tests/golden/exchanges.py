"""One request and its reply, as a file that a person can read."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from requests.structures import CaseInsensitiveDict

from photo_wire.headers import PHOTO_ID
from tests.support.recorder import Headers, Recorded

FOLDER = Path(__file__).parent
KEY = "{key}"  # stands in the files in place of the function key
_OF_THIS_CONNECTION = {"host", "connection", "date", "server", "content-length"}


@dataclass(frozen=True)
class Outcome:
    """What the uploader makes of a reply: a receipt, a rejection with a status, or a backend that
    is not fit now, with the wait in seconds that it asks for."""

    kind: str
    status: int | None = None
    wait: float | None = None


@dataclass(frozen=True)
class Golden:
    """`story` is its name in stories.py, `storage` "here" or "away" while it was recorded. Keys are
    taken out of path and headers. `outcome` is None where another client sent the request."""

    version: str
    story: str
    what: str
    storage: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    reply_headers: Mapping[str, str]
    reply: bytes
    outcome: Outcome | None

    def header(self, name: str) -> str | None:
        return CaseInsensitiveDict(self.headers).get(name)

    @property
    def names_the_photo(self) -> bool:
        """Whether the client did; else the backend gives a name after the time of arrival."""
        return self.header(PHOTO_ID) is not None

    @property
    def fields(self) -> Any:
        """The reply's JSON; None if it has no body."""
        return json.loads(self.reply) if self.reply else None

    def with_key(self, key: str) -> tuple[str, dict[str, str]]:
        """Path and headers with a key that the backend of today knows."""
        headers = {name: value.replace(KEY, key) for name, value in self.headers.items()}
        return self.path.replace(KEY, key), headers

    def write(self, folder: Path) -> None:
        fields = {
            **{name: getattr(self, name) for name in ("version", "story", "what", "storage")},
            "request": {
                "method": self.method,
                "path": self.path,
                "headers": dict(self.headers),
                "body": _encode_body(self.body),
            },
            "reply": {
                "status": self.status,
                "headers": dict(self.reply_headers),
                "body": _encode_body(self.reply),
            },
            "outcome": asdict(self.outcome) if self.outcome else None,
        }
        text = json.dumps(fields, indent=2, ensure_ascii=True) + "\n"
        (folder / f"{self.story}.json").write_text(text)


def read(file: Path) -> Golden:
    fields = json.loads(file.read_text())
    request, reply, outcome = fields["request"], fields["reply"], fields["outcome"]
    return Golden(
        **{name: fields[name] for name in ("version", "story", "what", "storage")},
        method=request["method"],
        path=request["path"],
        headers=request["headers"],
        body=_decode_body(request["body"]),
        status=reply["status"],
        reply_headers=reply["headers"],
        reply=_decode_body(reply["body"]),
        outcome=Outcome(**outcome) if outcome else None,
    )


def from_recorded(
    recorded: Recorded, key: str, outcome: Outcome | None, about: Mapping[str, str]
) -> Golden:
    """What the recorder saw, without what belongs to this connection and this backend alone."""
    return Golden(
        **about,
        method=recorded.method,
        path=recorded.path.replace(key, KEY),
        headers={name: value.replace(key, KEY) for name, value in _kept(recorded.headers).items()},
        body=recorded.body,
        status=recorded.status,
        reply_headers=_kept(recorded.reply_headers),
        reply=recorded.reply,
        outcome=outcome,
    )


def versions() -> list[str]:
    """The recorded ones."""
    return sorted(one.name for one in FOLDER.iterdir() if one.is_dir() and one.name[0].isdigit())


def recorded_in(folder: Path) -> dict[str, Golden]:
    """What is in a version's folder, by story."""
    return {file.stem: read(file) for file in sorted(folder.glob("*.json"))}


def _kept(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in _OF_THIS_CONNECTION}


def _encode_body(body: bytes) -> dict[str, Any]:
    """Readable where it is JSON, else in base64; a long tail of zeros is counted."""
    with suppress(ValueError):
        fields = json.loads(body)
        if json.dumps(fields).encode() == body:  # to the byte what will be read again
            return {"json": fields}
    head = body.rstrip(b"\0") if len(body) > 100_000 else body
    zeros = {"then_zeros": len(body) - len(head)} if len(head) < len(body) else {}
    return {"base64": base64.b64encode(head).decode(), **zeros}


def _decode_body(encoded: Mapping[str, Any]) -> bytes:
    if "json" in encoded:
        return json.dumps(encoded["json"]).encode()
    return base64.b64decode(encoded["base64"]) + bytes(encoded.get("then_zeros", 0))
