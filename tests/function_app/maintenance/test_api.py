"""Deletion, cleanup and repair over HTTP."""

import pytest

from tests.support.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg


def test_photos_are_deleted_and_the_deletion_is_logged(api: Api, camera: str) -> None:
    """One, and many at once. A token that may only read deletes nothing."""
    names = [name_of(camera, tag=f"{n:08x}") for n in range(4)]
    for name in names:
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    path = f"/api/photos/{names[0]}"
    assert api.read(path, method="DELETE").status_code == 403
    assert api.ask(path, admin, "DELETE").status_code == 204
    assert api.ask(path, admin, "DELETE").status_code == 404
    body = {"ids": [str(name) for name in names[:3]]}
    reply = api.ask("/api/photos/delete", admin, "POST", json=body)
    assert reply.json() == {"deleted": body["ids"][1:], "unknown": body["ids"][:1]}
    assert [one["id"] for one in api.listed(camera)] == [str(names[3])]
    receipt = api.put(jpeg(), photo_headers(names[0]))  # its device had never heard of it
    assert (receipt.status_code, receipt.json()["id"]) == (200, str(names[0]))
    assert api.read(f"{path}/content").status_code == 404
    assert [one["id"] for one in api.listed(camera)] == [str(names[3])]
    log = api.audit_log(admin)
    deleted = [one["which"] for one in log if one["what"] == "deleted" and camera in one["which"]]
    assert sorted(deleted) == body["ids"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/cleanup/run", {"most": 0}),
        ("/api/cleanup/run", {"most": True}),
        ("/api/cleanup/run", {"dry_run": "yes"}),
        ("/api/cleanup/run", {"days": 3}),
        ("/api/repair/run", {"cameras": "gate"}),
        ("/api/repair/run", {"cameras": ["No Such"]}),
        ("/api/repair/run", {"cameras": []}),
        ("/api/repair/run", {"everything": 1}),
        ("/api/photos/delete", {"ids": []}),
        ("/api/photos/delete", {"ids": ["gate"]}),
        ("/api/photos/delete", {"ids": None}),
        ("/api/photos/delete", {"ids": [{}]}),
    ],
)
def test_a_malformed_request_is_refused(api: Api, path: str, body: dict[str, object]) -> None:
    """400, naming the field, and nothing is changed."""
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    reply = api.ask(path, admin, "POST", json=body)
    assert reply.status_code == 400
    assert next(iter(body)) in reply.json()["detail"]


def test_cleanup_and_repair_report_what_they_did(api: Api, camera: str) -> None:
    """With the numbers of what they did, and on record."""
    api.put(jpeg(), photo_headers(name_of(camera)))
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    done = api.ask("/api/cleanup/run", admin, "POST", json={"dry_run": True}).json()
    assert done.keys() == {"deleted", "more", "dry_run"}
    done = api.ask("/api/repair/run", admin, "POST", json={"cameras": [camera]}).json()
    assert done["cameras"] == [camera]
    assert done["photos"] == 1


def test_a_repair_reports_the_cameras_that_it_skipped(api: Api, camera: str) -> None:
    """None, for one camera."""
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    done = api.ask("/api/repair/run", admin, "POST", json={"cameras": [camera]}).json()
    assert (done["cameras"], done["left"]) == ([camera], [])
