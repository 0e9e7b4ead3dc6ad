"""Where the pages for people are: by the table of routes, so that a new page is found by itself."""

from collections.abc import Mapping

from function_app.http.authorization import Access
from function_app.routes import ROUTES


def page_paths(values: Mapping[str, str]) -> list[str]:
    """Return the address of each page that a session opens, with these values in the place of its
    parameters. Raises KeyError for a parameter that has none."""
    pages = [one.path for one in ROUTES if one.access is Access.PAGE and "GET" in one.methods]
    return ["/", *("/" + path.replace("{", "%(").replace("}", ")s") % values for path in pages)]
