"""What was wrong with a form."""

from function_app.http.responses import Response
from function_app.problems import HTTPProblemError
from function_app.web.form_problems import problem_of, with_problem
from photo_wire.errors import WireError

PAGE = Response(200, b"the form", "text/html", {"ETag": "x"})


def test_a_page_with_a_problem_is_the_response_to_the_form() -> None:
    error = HTTPProblemError(429, "Wait a minute.", {"Retry-After": "60"})
    page = with_problem(PAGE, error)
    assert (page.status, page.body) == (429, b"the form")
    assert page.headers == {"ETag": "x", "Retry-After": "60"}
    assert page.log_details.problem == error.problem


def test_a_wrong_value_is_a_problem_too() -> None:
    error = WireError("hours", "must be a number of hours from 0 to 24, not 'x'")
    problem = problem_of(error)
    assert (problem.status, problem.detail) == (400, f"{error}.")
    assert with_problem(PAGE, error).status == 400
