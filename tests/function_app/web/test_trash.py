"""The page of the trash, over HTTP: what it has, and for whom."""

from datetime import UTC, datetime, timedelta

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.services import connect
from function_app.settings import Settings
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, new_camera, photo_headers
from tests.support.pictures import jpeg


def session_of(api: Api, role: Role) -> dict[str, str]:
    """Return the headers of a new person's session."""
    rows = connect(Settings(api.backend.connection_string)).accounts
    person = users.add(rows, new_camera(), "a good password", role, None)
    return {"Cookie": f"nightjar_session={sessions.create(rows, person, datetime.now(UTC))}"}


def put(api: Api, name: PhotoName) -> str:
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return str(name)


def test_the_page_shows_what_is_in_the_trash(api: Api, camera: str, admin: dict[str, str]) -> None:
    """What was deleted last first, and what was deleted before it on the next page."""
    names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in range(3)]
    kept, older, newer = names
    for name in (older, newer):
        assert api.ask(f"/api/photos/{name}", admin, "DELETE").status_code == 204
    page = api.ask("/trash", session_of(api, Role.OWNER)).text
    assert page.index(f'data-photo="{newer}"') < page.index(f'data-photo="{older}"')
    assert kept not in page
    assert f"/api/trash/{newer}/thumbnail" in page


def test_a_viewer_gets_no_such_page(api: Api) -> None:
    """Nor a link to it. Nor does an owner who follows a broken link."""
    viewer = session_of(api, Role.VIEWER)
    assert api.ask("/trash", viewer).status_code == 404
    assert 'href="/trash"' not in api.ask("/alerts", viewer).text
    assert 'href="/trash"' in api.ask("/alerts", session_of(api, Role.OWNER)).text
    assert api.ask("/trash?cursor=bm9uZQ", session_of(api, Role.OWNER)).status_code == 404
