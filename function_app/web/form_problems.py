"""What was wrong with a form: it is shown again, with the problem in it and what was typed."""

from dataclasses import replace

from function_app.http.responses import LogDetails, Response
from function_app.problems import HTTPProblemError
from photo_wire.errors import WireError
from photo_wire.problem import Problem

FormError = (HTTPProblemError, WireError)  # what handlers of the API raise


def problem_of(error: HTTPProblemError | WireError) -> Problem:
    """Return the problem of an error, with the sentence that the API has for it."""
    if isinstance(error, HTTPProblemError):
        return error.problem
    return Problem(400, f"{error}.")


def with_problem(page: Response, error: HTTPProblemError | WireError) -> Response:
    """Return the page of the form as the response to what it sent: with the status of the problem,
    the headers that this requires, and the problem in the log."""
    problem = problem_of(error)
    extra = error.headers if isinstance(error, HTTPProblemError) else {}
    details = LogDetails(problem=problem)
    headers = {**page.headers, **extra}
    return replace(page, status=problem.status, headers=headers, log_details=details)
