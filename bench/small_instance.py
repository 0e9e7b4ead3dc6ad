"""The memory of the whole backend in a small instance: uploads and thumbnails at once."""

from pathlib import Path

from bench.effort import Effort
from bench.report import Figure
from local.azurite import Azurite
from tests.support.memory_limit import MemoryLimit, missing
from tests.support.small_instance import large_picture, small_backend, upload, upload_and_look

MEMORY = 512 * 1024 * 1024  # bytes
CAMERA = "bench"


def measure(folder: Path, effort: Effort) -> list[Figure]:
    at_once = effort.pick(16, 8, 2)
    what = f"{at_once} uploads of 4 MB and {at_once} thumbnails of 12 MP at once"
    if reason := missing():
        return [Figure(f"{what}: peak", float("nan"), "MB", remark=f"not measured: {reason}")]
    with Azurite() as azurite, MemoryLimit(MEMORY) as limit:
        backend = small_backend(azurite.connection_string, folder, limit)
        backend.start()
        try:
            start = limit.peak
            picture = large_picture()
            photos = [upload(backend, CAMERA, picture) for _ in range(2 * at_once)]
            upload_and_look(backend, CAMERA, photos, at_once)
        finally:
            backend.stop()
        return [
            Figure(f"{what}: peak", limit.peak / 1e6, "MB", MEMORY / 1e6, at_most=True),
            Figure("  killed processes", limit.kills, "", 0, at_most=True),
            Figure("  after the start", start / 1e6, "MB"),
        ]
