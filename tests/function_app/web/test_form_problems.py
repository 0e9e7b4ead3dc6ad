"""What was wrong with a form."""

import azure.functions as func
import pytest

from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.localization.translation import LANGUAGES, Language, load_strings
from function_app.problems import HTTPProblemError
from function_app.web.form_problems import problem_of, problem_text, with_problem
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


@pytest.mark.parametrize("field", ["zone", "labels", "approve", "unknown field", "X-Camera"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_names_a_field_of_the_api(field: str, language: Language) -> None:
    """One that a form has is called as there; any other has the text for all that cannot be
    read."""
    text = say(WireError(field, "must be a whole number"), language)
    texts = load_strings(language)
    label = texts.get(f"field.{field}")
    whole = texts["sentence.number_whole"]
    assert text == (f"{label}: {whole}." if label else texts["problem.400.text"])
    assert not text.startswith(field)


def say(error: HTTPProblemError | WireError, language: Language) -> str:
    headers = {"Accept-Language": language}
    request = func.HttpRequest("GET", "/x", headers=headers, body=b"")
    return problem_text(error, Request(request, {}))


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 416, 429, 500, 503])
def test_a_page_says_it_in_its_language(status: int) -> None:
    """The sentence of the API is English, which stays: a page in German has one of its own."""
    error = HTTPProblemError(status, "The sentence of the API.")
    texts = {language: say(error, language) for language in LANGUAGES}
    assert texts["en"] == "The sentence of the API."
    german = load_strings("de")
    assert texts["de"] == german.get(f"problem.{status}.text", german["problem.400.text"])


def test_a_duration_is_written_as_in_the_language_of_the_page() -> None:
    error = HTTPProblemError(429, "At most 5 tests a minute: try again in 37 s.")
    assert say(error, "en") == error.problem.detail
    assert say(error, "de").endswith("Versuchen Sie es in 37 Sek. noch einmal.")
