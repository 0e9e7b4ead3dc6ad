"""What was wrong with a form: it is shown again, with the problem in it and what was typed."""

from dataclasses import replace

from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import LogDetails, Response
from function_app.localization.sentences import say_problem
from function_app.localization.translation import Translation
from function_app.problems import HTTPProblemError
from photo_wire.errors import WireError
from photo_wire.problem import Problem

_EXPLAINED = (403, 404, 409, 413, 429, 500, 503)
FormError = (HTTPProblemError, WireError)  # what handlers of the API raise


def problem_of(error: HTTPProblemError | WireError) -> Problem:
    """Return the problem of an error, with the sentence that the API has for it."""
    if isinstance(error, HTTPProblemError):
        return error.problem
    return Problem(400, f"{error}.")


def kind_of(status: int) -> int:
    """Return the status under whose texts (`problem.400.text`) a problem is explained."""
    return status if status in _EXPLAINED else 400


def problem_text(error: HTTPProblemError | WireError, request: Request) -> str:
    """Return what a page says of an error: the sentence that the API has, in the page's language,
    or the text for its status if there is no such sentence in it."""
    problem, preferences = problem_of(error), Preferences.read(request)
    own = say_problem(problem, preferences.language, preferences.zone)
    return own or Translation(preferences.language)(f"problem.{kind_of(problem.status)}.text")


def with_problem(page: Response, error: HTTPProblemError | WireError) -> Response:
    """Return the page of the form as the response to what it sent: with the status of the problem,
    the headers that this requires, and the problem in the log."""
    problem = problem_of(error)
    extra = error.headers if isinstance(error, HTTPProblemError) else {}
    details = LogDetails(problem=problem)
    headers = {**page.headers, **extra}
    return replace(page, status=problem.status, headers=headers, log_details=details)
