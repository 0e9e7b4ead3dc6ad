"""A link to a blob, by which a device reads its commands or writes a live picture."""

from dataclasses import dataclass, field
from datetime import datetime

from photo_wire.moment import format_time

MAX_URL = 2048  # characters


@dataclass(frozen=True, slots=True)
class BlobLink:
    """The address of a blob, and until when it opens that. The address contains a secret."""

    url: str = field(repr=False)
    expires_at: datetime

    def to_properties(self) -> dict[str, str]:
        """Return the link as a JSON object."""
        return {"url": self.url, "expires_at": format_time(self.expires_at)}
