"""What the pages of settings share: who may see them, what their forms sent, and what they say
after a change. A form without JavaScript is sent, answered with a redirect (303), and the page then
says what was done; if something is wrong, the page of the form is the response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from function_app.auth.caller import MAX_LIMITED_CAMERAS, Caller, parse_camera_limit
from function_app.auth.passwords import is_common, password_problem
from function_app.http.cookies import DONE, read_cookie, set_cookie
from function_app.http.request import Request, parse_form
from function_app.http.responses import Response, redirect
from function_app.problems import HTTPProblemError, no_such_page
from photo_wire.errors import WireError

ALL, SOME = "all", "some"  # of the choice of cameras
_DONE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that a form sent."""

    fields: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def read(request: Request) -> "Form":
        """Return the form of a request. Raises HTTPProblemError (400, 413)."""
        return Form(tuple(parse_form(request.body)))

    def text(self, name: str) -> str:
        """Return a field, without spaces at its ends; "" if it was not sent."""
        return next((value.strip() for field, value in self.fields if field == name), "")

    def password(self, name: str) -> str:
        """Return a field as it was typed."""
        return next((value for field, value in self.fields if field == name), "")

    def chosen(self, name: str) -> list[str]:
        """Return all values of a field that may be sent more than once."""
        return [value for field, value in self.fields if field == name and value]


@dataclass(frozen=True, slots=True)
class Done:
    """What a page says after a change: the key of a text, and its values."""

    key: str
    values: Mapping[str, object]


def owners_only(caller: Caller) -> None:
    """Raise HTTPProblemError (404) unless the caller is an owner: others see neither the page nor a
    link to it."""
    if not caller.is_owner:
        raise no_such_page()


def read_done(
    request: Request, texts: str, known: tuple[str, ...], is_name: Callable[[str], bool]
) -> Done | None:
    """Return what the page is to say: `?done=` is one of the known actions, of which the keys of
    the texts begin with `texts`; `?name=` is of what, and `?count=` how much else. Anything else in
    an address says nothing, nor does one without the cookie of `redirect_done`: a link that
    somebody made up reports nothing."""
    query = request.http.params
    action, name, count = query.get("done"), query.get("name", ""), query.get("count", "0")
    if action not in known or not is_name(name) or not (count.isascii() and count.isdigit()):
        return None
    if read_cookie(request.headers, DONE, request.url) != f"{action}.{name}.{count}":
        return None
    return Done(texts + action, {"name": name, "count": int(count[:9])})


def redirect_done(
    path: str, request: Request, action: str, name: str = "", count: int = 0
) -> Response:
    """303 to a page that says what was done, with a short-lived cookie that says that it is so."""
    query = urlencode({"done": action, "name": name, "count": count})
    cookie = set_cookie(DONE, f"{action}.{name}.{count}", _DONE_SECONDS, request.url)
    return redirect(f"{path}?{query}", (cookie,))


def rejection(problems: Mapping[str, str], status: int = 400) -> HTTPProblemError:
    """Return the problem of a form, of which these fields are wrong."""
    return HTTPProblemError(status, f"Not accepted: {', '.join(sorted(problems))}.")


def password_key(password: str, name: str) -> str | None:
    """Return the key of the text that says what is wrong with a new password of this person; None
    if it is good."""
    if password_problem(password):
        return "people.problem.password"
    return "people.problem.common" if is_common(password, name) else None


def read_cameras(form: Form, problems: dict[str, str]) -> frozenset[str] | None:
    """Return the cameras that a form chose, by boxes and as text; None for all, those to come
    included. What is wrong with the choice is added to `problems`, as `cameras`: a form that says
    neither grants nothing."""
    choice = form.text("cameras")
    if choice == ALL:
        return None
    if choice != SOME:
        problems["cameras"] = "settings.problem.all_or_some"
        return frozenset()
    chosen = frozenset([*form.chosen("camera"), *form.text("new_camera").split()])
    if not chosen:
        problems["cameras"] = "settings.problem.no_cameras"
    elif len(chosen) > MAX_LIMITED_CAMERAS:
        problems["cameras"] = "settings.problem.many_cameras"
    else:
        try:
            return parse_camera_limit(sorted(chosen))
        except WireError:
            problems["cameras"] = "settings.problem.camera"
    return chosen
