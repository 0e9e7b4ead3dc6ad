"""Pages in the layout that all share: the template `base.html`, with what every template may use.

Templates call `t("page.thing", count=3)` for a text, `said(reason)` for a sentence of the API or of
a device and `is_untranslated(reason)` for whether that stays English, `time(moment, "short")` for a
moment, `asset("day.css")` for the address of a file, `script("day.js")` for the element of a
script, and `strings("day")` for the texts that scripts need.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from function_app.auth.caller import Caller, Scope
from function_app.http.compression import compress
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response, page_response
from function_app.http.templates import render_template
from function_app.localization.sentences import say, translate
from function_app.localization.translation import Translation
from function_app.web.assets import asset_path, module_paths
from function_app.web.times import Times
from photo_wire.errors import as_sentence
from photo_wire.moment import format_time

_FOLDER = Path(__file__).parent / "templates"


class NavigationItem(NamedTuple):
    """A page of the navigation: its path, of which all paths below it are a part, the end of its
    text's key, which is its icon in `icons.html`, too, and the permission that it requires."""

    path: str
    name: str
    scope: Scope | None = None


# In the order in which they are shown. A page is added here once it exists.
NAVIGATION = (
    NavigationItem("/", "now"),
    NavigationItem("/days", "days"),
    NavigationItem("/alerts", "alerts"),
    NavigationItem("/devices", "devices"),
    # Where there is no room, what follows is below "More".
    NavigationItem("/statistics", "statistics"),
    NavigationItem("/notifications", "notifications"),
    NavigationItem("/trash", "trash", Scope.DELETE),
    NavigationItem("/settings", "settings"),
)
MAIN_ITEMS = 4
_PART_OF = {"/photos/": "/days", "/live/": "/"}  # pages that are no part of another by their path


def render_page(
    template: str,
    request: Request,
    caller: Caller | None,
    values: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response:
    """Return a page made of a template and these values. Without a caller it has no navigation and
    nothing to sign out by."""
    preferences, now = Preferences.read(request), datetime.now(UTC)
    t = Translation(preferences.language)
    shared = {
        "t": t,
        "said": lambda sentence: say(sentence or "", preferences.language, preferences.zone),
        "is_untranslated": lambda sentence: translate(sentence, preferences.language) is None,
        "sentence": as_sentence,
        "template": template.removesuffix(".html"),
        "time": Times(preferences, t, now),
        "now": format_time(now),
        "asset": asset_path,
        "script": _script,
        "strings": lambda *prefixes: _script_strings(t, ("request", *prefixes)),
        "preferences": preferences,
        "is_phone": "Mobi" in (request.headers.get("User-Agent") or ""),
        "caller": caller,
        "scopes": caller.scopes if caller else frozenset(),
        "navigation": _navigation(caller),
        "main_items": MAIN_ITEMS,
        "current": _current(request.path),
    }
    body = render_template(_FOLDER / template, {**shared, **(values or {})})
    return compress(page_response(body, status), request.headers)


def _navigation(caller: Caller | None) -> list[NavigationItem]:
    """Return the pages that the caller may open."""
    if caller is None:
        return []
    return [item for item in NAVIGATION if item.scope is None or item.scope in caller.scopes]


def _current(path: str) -> str:
    """Return the path of the navigation's item to which a page belongs; "" if to none."""
    for beginning, page in _PART_OF.items():
        if path.startswith(beginning):
            return page
    for item in NAVIGATION:
        if path == item.path or (item.path != "/" and path.startswith(f"{item.path}/")):
            return item.path
    return ""


def _script(name: str) -> Markup:
    """Return the elements that load a script, and at the same time what it imports."""
    first, *imported = module_paths(name)
    preload = Markup('<link rel="modulepreload" href="{}">')
    return Markup('<script type="module" src="{}"></script>').format(first) + Markup("").join(
        preload.format(path) for path in imported
    )


def _script_strings(t: Translation, prefixes: tuple[str, ...]) -> Markup:
    """Return the texts for scripts as JSON inside of HTML, where `</script>` must not occur."""
    text = json.dumps(t.subset(prefixes), ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - JSON of our own texts
