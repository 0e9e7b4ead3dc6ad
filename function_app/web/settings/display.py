"""`/settings/display`: how this browser shows the pages. Works without JavaScript."""

from dataclasses import dataclass
from zoneinfo import available_timezones

from function_app.auth.caller import Caller
from function_app.http import preferences
from function_app.http.json_schema import text
from function_app.http.parameters import Kind, defaulting
from function_app.http.preferences import Preferences, parse_zone, preference_cookie
from function_app.http.request import FormBody, Request
from function_app.http.responses import Response, redirect
from function_app.localization.translation import LANGUAGES
from function_app.services import Services
from function_app.web.layout import render_page
from function_app.web.settings.forms import Form
from photo_wire.errors import WireError

PATH = "/settings/display"


def _one_of(choices: tuple[str, ...]) -> Kind[str]:
    """Return a kind of value that is one of these or empty, for the default."""

    def parse(value: str, name: str) -> str:
        if value and value not in choices:
            raise WireError(name, f"must be one of {', '.join(choices)}, or empty")
        return value

    return Kind(text(), "one of a list, or empty", parse)


def _parse_zone(value: str, name: str) -> str:
    if value and parse_zone(value) is None:
        raise WireError(name, "must be a time zone such as Europe/Berlin, or empty")
    return value


LANGUAGE = defaulting(preferences.LANGUAGE, _one_of(LANGUAGES), "")
THEME = defaulting(preferences.THEME, _one_of(preferences.THEMES), "")
DENSITY = defaulting(preferences.DENSITY, _one_of(preferences.DENSITIES), "")
ZONE = defaulting(preferences.ZONE, Kind(text(), "a time zone, or empty", _parse_zone), "")
FORM = FormBody((LANGUAGE, THEME, DENSITY, ZONE))


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows: what the browser remembers, or what was chosen and typed."""

    language: str
    theme: str
    density: str
    zone: str

    @staticmethod
    def of(request: Request) -> "Draft":
        """Return the form as the browser's pages are."""
        now = Preferences.read(request)
        return Draft(now.language, now.theme or "", now.density, now.zone_name or "")

    @staticmethod
    def read(form: Form) -> "Draft":
        """Return what was chosen and typed."""
        return Draft(*map(form.text, (LANGUAGE.name, THEME.name, DENSITY.name, ZONE.name)))


def get_display_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the form."""
    return _form(request, caller, Draft.of(request), is_saved="saved" in request.http.params)


def post_display(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the form with the cookies of what was chosen; the form as it was sent, with the
    problem, for a time zone that is none."""
    try:
        form = FORM.read(request.body)
    except WireError:
        draft = Draft.read(Form.read(request))
        return _form(request, caller, draft, problem="display.wrong_zone", status=400)
    cookies = tuple(preference_cookie(one.name, form[one]) for one in FORM.fields)
    return redirect(f"{PATH}?saved", cookies)


def _form(
    request: Request,
    caller: Caller,
    draft: Draft,
    *,
    problem: str = "",
    is_saved: bool = False,
    status: int = 200,
) -> Response:
    values = {
        "draft": draft,
        "problem": problem,
        "is_saved": is_saved,
        "languages": LANGUAGES,
        "themes": ("", *preferences.THEMES),
        "densities": preferences.DENSITIES,
        "zones": sorted(one for one in available_timezones() if "/" in one),
    }
    return render_page("display.html", request, caller, values, status)
