"""The backend in the memory of a small instance, and uploads and thumbnails at once."""

import io
import os
import random
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from photo_wire.name import PhotoName, new_name
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.memory_limit import MemoryLimit

SIZE = 4_000_000  # bytes of a photo
PIXELS = (4000, 3000)


@dataclass
class SmallBackend(Backend):
    """A backend that has a limit of memory, with the copies of Azure's worker."""

    limit: MemoryLimit = field(kw_only=True)

    @property
    def secrets(self) -> set[str]:
        """Its keys, which no log may contain."""
        return {self.function_key, self.read_token, self.admin_token, self.password}

    def _command(self) -> list[str]:
        return self.limit.wrap([sys.executable, "-m", "tests.support.worker_host"])


def small_backend(connection_string: str, logs: Path, limit: MemoryLimit) -> SmallBackend:
    """Return such a backend, with new keys; it is not started."""
    return SmallBackend(
        connection_string=connection_string,
        log=logs / "backend-small.log",
        function_key=secrets.token_urlsafe(24),
        read_token=secrets.token_urlsafe(24),
        admin_token=secrets.token_urlsafe(24),
        password=secrets.token_urlsafe(12),
        limit=limit,
    )


def large_picture() -> bytes:
    """Return a JPEG of 12 megapixels and SIZE bytes, without a preview, as strangers send it."""
    width, height = (side // 4 for side in PIXELS)
    grain = Image.frombytes("L", (width, height), random.Random(0).randbytes(width * height))
    file = io.BytesIO()
    grain.resize(PIXELS).convert("RGB").save(file, "JPEG", quality=80)
    picture = file.getvalue()
    comments = b"".join(
        b"\xff\xfe\xff\xff" + os.urandom(65_533) for _ in range((SIZE - len(picture)) // 65_537)
    )
    return picture[:2] + comments + picture[2:]


def upload(backend: Backend, camera: str, picture: bytes) -> PhotoName:
    """Upload a picture as a photo of its own, over a connection of its own. Return its name."""
    name = new_name(camera, datetime.now(UTC))
    headers = {"Content-Type": "image/jpeg", "X-Photo-Id": str(name)}
    reply = Api(backend).put(picture + os.urandom(8), headers)
    assert reply.status_code == 201, f"{reply.status_code} {reply.text}"
    return name


def upload_and_look(
    backend: Backend, camera: str, looks: Sequence[PhotoName], at_once: int
) -> Counter[str]:
    """Upload large pictures, `at_once` at any time, while `at_once` clients request the thumbnails
    of `looks`; as many pictures as there are thumbnails. Return how many of each were done. Raises
    what a failed one raised."""
    picture = large_picture()
    with ThreadPoolExecutor(at_once) as uploads, ThreadPoolExecutor(at_once) as thumbnails:
        sent = [uploads.submit(upload, backend, camera, picture) for _ in looks]
        seen = [thumbnails.submit(Api(backend).thumbnail, name) for name in looks]
        made = [one.result().status_code == 200 for one in seen]
        return Counter(uploaded=len([one.result() for one in sent]), thumbnails=sum(made))
