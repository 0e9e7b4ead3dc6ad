"""No page is forgotten: what `make screenshots` takes pictures of is compared with the routes."""

import importlib
from pathlib import Path

from function_app.http.authorization import Access
from function_app.routes import ROUTES
from tests.e2e.screenshots.view import SHOWN

MOVED = {"/photos"}  # it leads to another page


def test_each_page_has_a_picture() -> None:
    for file in Path(__file__).parent.glob("pictures_*.py"):
        importlib.import_module(f"{__package__}.{file.stem}")
    pages = {f"/{one.path}" for one in ROUTES if one.access is Access.PAGE and "GET" in one.methods}
    assert pages - MOVED - SHOWN == set()
