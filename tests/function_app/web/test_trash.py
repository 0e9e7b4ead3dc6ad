"""The page of the trash, over HTTP: what it has, and for whom."""

from datetime import timedelta

from function_app.auth.caller import Role
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.browser import session_of
from tests.support.pictures import jpeg


def put(api: Api, name: PhotoName) -> str:
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return str(name)


def test_the_page_shows_what_is_in_the_trash(api: Api, camera: str, admin: dict[str, str]) -> None:
    """What was deleted last first, and what was deleted before it on the next page."""
    names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in range(3)]
    kept, older, newer = names
    for name in (older, newer):
        assert api.ask(f"/api/photos/{name}", admin, "DELETE").status_code == 204
    page = api.ask("/trash", session_of(api.backend, Role.OWNER)).text
    assert page.index(f'data-photo="{newer}"') < page.index(f'data-photo="{older}"')
    assert kept not in page
    assert f"/api/trash/{newer}/thumbnail" in page


def test_a_viewer_gets_no_such_page(api: Api) -> None:
    """Nor a link to it. Nor does an owner who follows a broken link."""
    viewer = session_of(api.backend, Role.VIEWER)
    assert api.ask("/trash", viewer).status_code == 404
    assert 'href="/trash"' not in api.ask("/alerts", viewer).text
    assert 'href="/trash"' in api.ask("/alerts", session_of(api.backend, Role.OWNER)).text
    assert api.ask("/trash?cursor=bm9uZQ", session_of(api.backend, Role.OWNER)).status_code == 404
