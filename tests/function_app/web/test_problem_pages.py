"""The pages of problems: what they say in the language of the page."""

import html

import pytest

from function_app.settings import Settings
from tests.support.memory_store import memory_services
from tests.support.pages import open_page, session_cookie


@pytest.mark.parametrize(
    ("handler", "path", "english", "german"),
    [
        ("get_day", "/days/2026-13-41", "no such day", "Diesen Tag gibt es nicht"),
        ("get_day", "/days/2026-11-20?from=25:61", "no such time", "Diese Uhrzeit gibt es nicht"),
        ("get_day", "/days/2026-11-20?camera=A+B", "such a name", "So heißt keine Kamera"),
        ("get_day", "/days/2026-11-20?trigger=x", "no such trigger", "Diesen Auslöser gibt es"),
        ("get_days", "/days?month=2026-13", "no such month", "Diesen Monat gibt es nicht"),
        ("get_statistics", "/statistics?days=8", "so many days", "So viele Tage"),
    ],
)
def test_a_wrong_value_is_explained_in_the_language_of_the_page(
    handler: str, path: str, english: str, german: str
) -> None:
    services = memory_services(Settings(""))
    viewer = session_cookie(services)
    for language, expected in (("en", english), ("de", german)):
        page = open_page(services, handler, path, viewer, **{"Accept-Language": language})
        assert page.status == 400
        text = html.unescape(page.body.decode())
        assert expected in text
        assert "must be" not in text
        assert 'lang="en"' not in text.partition("<main")[2]
