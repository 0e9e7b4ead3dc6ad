"""The page that describes the API to people."""

from function_app.http.openapi.pages import docs_response
from function_app.routes import ROUTES


def test_the_page_escapes_its_values() -> None:
    """The table holds text; `code` in it is shown as code."""
    reply = docs_response(ROUTES)
    assert b"<code>next_cursor</code> of the page before." in reply.body
    assert b"`" not in reply.body
    assert b"a camera&#39;s events" in reply.body
    assert reply.body.count(b"<section>") == sum(
        len([method for method in route.methods if method != "HEAD"])
        for route in ROUTES
        if route.operation
    )
