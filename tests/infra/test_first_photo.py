"""The test photo of infra/deploy.sh, on the runs that come after somebody has deleted it."""

import re

import pytest
import requests

from tests.backend import Backend
from tests.infra.conftest import NAME, Cloud

pytestmark = pytest.mark.slow


def test_a_test_photo_that_somebody_has_deleted_stops_no_later_run(
    cloud: Cloud, backend: Backend
) -> None:
    """Its mark is known to the backend: the receipt is that of a photo, which nobody may see."""
    assert cloud.deploy().code == 0
    apps = cloud.state["apps"]
    apps[NAME]["keys"]["entry"] = backend.function_key
    cloud.change(apps=apps, backend=backend.base_url)
    first = cloud.deploy(token=backend.read_token)
    (photo,) = re.findall("Stored as (deploy-test-.+)", first.out)
    requests.delete(
        f"{backend.base_url}/api/photos/{photo}",
        headers={"Authorization": f"Bearer {backend.admin_token}"},
        timeout=30,
    ).raise_for_status()

    done = cloud.deploy(token=backend.read_token)
    assert (done.code, done.err) == (0, "")
    assert f"Stored as {photo}" in done.out
    assert "somebody has deleted it since: fine" in done.out
    assert "== done" in done.out


def test_a_photo_that_was_stored_just_now_has_to_come_back(cloud: Cloud) -> None:
    """That it is not there is fine after a deletion, and at no other time."""
    cloud.backend.deleted = True
    done = cloud.deploy()
    assert done.code == 1
    assert "cannot be read back (status 404)" in done.last
