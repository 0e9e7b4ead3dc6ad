"""The test photo of infra/deploy.sh: it is stored and read back, and a user may delete it."""

import re

import pytest
import requests

from tests.infra.conftest import NAME, Cloud
from tests.support.backend import Backend

pytestmark = pytest.mark.slow


@pytest.fixture
def real(cloud: Cloud, backend: Backend) -> Cloud:
    """A fake Azure with a deployed Nightjar and the real backend."""
    assert cloud.deploy().code == 0
    apps = cloud.state["apps"]
    apps[NAME]["keys"]["entry"] = backend.function_key
    cloud.change(apps=apps, backend=backend.base_url)
    return cloud


def test_the_real_backend_stores_and_returns_the_test_photo(real: Cloud, backend: Backend) -> None:
    """Once it is deleted, its tombstone remains, and does not stop a later run: the backend answers
    with a receipt, but returns no photo."""
    first = real.deploy(token=backend.read_token)
    assert (first.code, first.err) == (0, "")
    assert "Read back, byte for byte." in first.out
    assert backend.function_key not in str(real.records()[-1]["argv"])
    (photo,) = re.findall("Stored as (deploy-test-.+)", first.out)
    requests.delete(
        f"{backend.base_url}/api/photos/{photo}",
        headers={"Authorization": f"Bearer {backend.admin_token}"},
        timeout=90,
    ).raise_for_status()

    again = real.deploy(token=backend.read_token)
    assert (again.code, again.err) == (0, "")
    assert f"Stored as {photo}" in again.out
    assert "somebody has deleted it since: fine" in again.out
    assert "== done" in again.out


def test_a_photo_that_was_just_stored_must_be_returned(cloud: Cloud) -> None:
    """A missing photo is accepted after a deletion only."""
    cloud.backend.deleted = True
    done = cloud.deploy()
    assert done.code == 1
    assert "cannot be read back (status 404)" in done.last


def test_the_real_backend_shows_that_an_old_key_is_still_accepted(
    real: Cloud, backend: Backend
) -> None:
    """It still accepts the key, as a running instance does; the trial stores nothing."""
    done = real.run("rotate-keys.sh", NAME, "entry", "--yes")
    assert done.code == 1
    assert "the old key of entry is still accepted (status 4" in done.last
    assert "(status 401)" not in done.last
    assert backend.function_key not in str(real.calls()) + done.out + done.err
