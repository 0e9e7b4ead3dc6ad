"""A relay to Azurite that sends an empty page before each page of a listing, as Azure may and
Azurite never does.

with EmptyPages(azurite.ports[0]) as blobs:
    ...  # send to blobs.port what would go to Azurite's blob port
assert blobs.held  # that many pages came behind an empty one
"""

import http.client
import re
from urllib.parse import parse_qs, urlsplit

from tests.support.recorder import Headers, Recorder

_MARKS = ("marker", "NextRowKey")  # the parameter that continues a listing: of blobs, of entities
_MARK = "held-"
_NEXT = "x-ms-continuation-Next"  # how the headers begin that continue a listing of entities


class EmptyPages(Recorder):
    """A recorder that holds a page back, for who goes on behind the empty one."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.held: list[tuple[bytes, Headers]] = []

    def reply(self, path: str, reply: http.client.HTTPResponse) -> tuple[bytes, Headers]:
        content, headers = super().reply(path, reply)
        asked = urlsplit(path)
        query = parse_qs(asked.query)
        for mark in (query[one][0] for one in _MARKS if one in query):
            if mark.startswith(_MARK):
                return self.held[int(mark.removeprefix(_MARK))]
        mark = f"{_MARK}{len(self.held)}"
        if reply.status == 200 and query.get("comp") == ["list"]:
            self.held.append((content, headers))
            return _no_blobs(content, mark), headers
        if reply.status == 200 and asked.path.endswith("()"):
            self.held.append((content, headers))
            kept = [one for one in headers if not one[0].startswith(_NEXT)]
            more = [(f"{_NEXT}PartitionKey", "held"), (f"{_NEXT}RowKey", mark)]
            return b'{"value":[]}', kept + more
        return content, headers


def _no_blobs(page: bytes, mark: str) -> bytes:
    """The page without what is on it, and with a mark behind which another follows."""
    page = re.sub(rb"<Blobs>.*</Blobs>", b"<Blobs/>", page, flags=re.DOTALL)
    page = re.sub(rb"<NextMarker>.*?</NextMarker>|<NextMarker ?/>", b"", page)
    more = f"<NextMarker>{mark}</NextMarker></EnumerationResults>"
    return page.replace(b"</EnumerationResults>", more.encode())
