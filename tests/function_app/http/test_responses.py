"""Responses as the Functions host gets them."""

import json

from function_app.http.responses import (
    Response,
    json_response,
    json_with_list,
    problem_response,
    render,
)
from photo_wire.problem import Problem


def test_a_response_has_its_length_and_the_security_headers() -> None:
    rendered = render(json_response({"a": 1}), "GET")
    assert json.loads(rendered.get_body()) == {"a": 1}
    assert rendered.headers["Content-Length"] == str(len(rendered.get_body()))
    assert rendered.headers["Cache-Control"] == "no-store"
    assert rendered.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in rendered.headers


def test_a_handler_s_headers_take_precedence() -> None:
    rendered = render(Response(200, b"x", headers={"Cache-Control": "no-cache"}), "GET", True)
    assert rendered.headers["Cache-Control"] == "no-cache"
    assert rendered.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_response_to_head_has_the_length_and_no_body() -> None:
    """Of the body that a GET would have had, also where the handler left it out."""
    for response in (Response(200, b"x" * 5), Response(200, headers={"Content-Length": "5"})):
        rendered = render(response, "HEAD")
        assert (rendered.get_body(), rendered.headers["Content-Length"]) == (b"", "5")


def test_statuses_without_a_body_have_no_length() -> None:
    for status in (204, 304):
        rendered = render(Response(status), "GET")
        assert rendered.get_body() == b""
        assert "Content-Length" not in rendered.headers


def test_a_problem_is_problem_json() -> None:
    response = problem_response(Problem(404, "There is no such link."), {"X-A": "b"})
    rendered = render(response, "GET")
    assert rendered.status_code == 404
    assert rendered.mimetype == "application/problem+json"
    assert rendered.headers["X-A"] == "b"
    assert json.loads(rendered.get_body())["detail"] == "There is no such link."
    assert response.log_details.problem == Problem(404, "There is no such link.")


def test_several_cookies_are_several_headers() -> None:
    rendered = render(json_response({}, cookies=("a=1; Path=/", "b=2; Path=/")), "GET")
    assert rendered.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]


def test_a_list_of_json_texts_is_appended() -> None:
    for items in ([], [{"a": 1}], [{"a": 'a "b"'}, {"a": None}]):
        text = json_with_list({"x": "é", "y": None}, "items", map(json.dumps, items))
        assert text == json.dumps({"x": "é", "y": None, "items": items})
