"""Files and forms of real cameras, phones and programs, in tests/cases/.

The forms have the boundary B.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from function_app.ingest.multipart import read_parts
from local.processes import ROOT
from photo_wire.media import Media
from tests.support.api import MOMENT, Api, name_of, photo_headers

CASES = ROOT / "tests" / "cases"
FORMS = sorted(CASES.glob("*.body"))
FILES = sorted(set(CASES.iterdir()) - set(FORMS))
NO_PHOTO = "dot-underscore-IMG_1.jpg"  # macOS's notes on IMG_1.jpg


def by_name(file: Path) -> str:
    return file.name


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_a_file_is_stored_and_shown(api: Api, camera: str, file: Path) -> None:
    """With its content, its thumbnail or none, and its row in the list."""
    body, name = file.read_bytes(), name_of(camera)
    media = Media.of_suffix(file.suffix[1:])
    assert media
    reply = api.put(body, {**photo_headers(name), "Content-Type": media.content_type})
    if file.name == NO_PHOTO:
        assert (reply.status_code, "macOS" in reply.json()["detail"]) == (415, True)
        return
    assert reply.status_code == 201, reply.text
    assert [one["id"] for one in api.listed(camera)] == [str(name)]
    assert api.read(f"/api/photos/{name}/content").content == body
    thumbnail = api.thumbnail(name).status_code
    assert thumbnail == (200 if media is Media.JPEG else 404)


@pytest.mark.parametrize("file", FORMS, ids=by_name)
def test_a_form_is_accepted(api: Api, camera: str, phone: dict[str, str], file: Path) -> None:
    """And its photo is stored without the form around it."""
    headers = {**phone, "Content-Type": "multipart/form-data; boundary=B"}
    reply = api.ask("/api/photos", headers, "POST", data=file.read_bytes())
    assert reply.status_code == 201, reply.text
    content = api.read(f"/api/photos/{reply.json()['id']}/content").content
    assert (content[:3], content[-2:]) == (b"\xff\xd8\xff", b"\xff\xd9")
    parts = read_parts("multipart/form-data; boundary=B", file.read_bytes())
    assert content in [part.body for part in parts]


@pytest.mark.parametrize("file", [one for one in FILES if one.name != NO_PHOTO], ids=by_name)
def test_a_truncated_file_is_rejected(api: Api, camera: str, file: Path) -> None:
    """It ends in the middle of its picture."""
    whole = file.read_bytes()
    name = name_of(camera, MOMENT + timedelta(seconds=1))
    reply = api.put(whole[: len(whole) * 2 // 3], photo_headers(name))
    assert reply.status_code == 422, reply.text
    assert api.listed(camera) == []
