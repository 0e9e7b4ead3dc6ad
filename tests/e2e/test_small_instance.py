"""The backend in the memory of the smallest instance that Azure sells, 512 MB."""

from pathlib import Path

import pytest

from local.azurite import Azurite
from tests.support.memory_limit import MemoryLimit, missing
from tests.support.small_instance import large_picture, small_backend, upload, upload_and_look

MEMORY = 512 * 1024 * 1024  # bytes
AT_ONCE = 16
PHOTOS = 32
CAMERA = "small"


@pytest.mark.slow
@pytest.mark.skipif(missing() is not None, reason=f"the memory cannot be limited: {missing()}")
def test_16_uploads_of_4_mb_and_16_thumbnails_at_once_fit_into_512_mb(
    azurite: Azurite, log_folder: Path, secrets_used: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a failed upload, and without a process that is killed, not even one that makes a
    thumbnail."""
    with MemoryLimit(MEMORY) as limit:
        backend = small_backend(azurite.connection_string, log_folder, limit)
        secrets_used.update(backend.secrets)
        backend.start()
        try:
            photos = [upload(backend, CAMERA, large_picture()) for _ in range(PHOTOS)]
            done = upload_and_look(backend, CAMERA, photos, AT_ONCE)
            assert done == {"uploaded": PHOTOS, "thumbnails": PHOTOS}
        finally:
            backend.stop()
        with capsys.disabled():
            print(f"\nthe backend's peak: {limit.peak / 1e6:.0f} MB of {MEMORY / 1e6:.0f}")
        assert limit.kills == 0
