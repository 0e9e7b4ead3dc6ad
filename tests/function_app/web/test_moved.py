"""The address of the gallery of versions before. What its queries opened: test_now.py."""

from tests.support.api import Api


def test_the_list_of_photos_is_now_that_of_days(api: Api) -> None:
    """Whoever is not signed in comes back to it."""
    stranger = api.ask("/photos?alerts", allow_redirects=False)
    assert stranger.headers["Location"] == "/sign-in?next=%2Fphotos%3Falerts"
    credentials = {"name": "owner", "password": api.backend.password}
    assert api.ask("/api/session", method="POST", json=credentials).status_code == 200
    reply = api.ask("/photos", allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/days")
