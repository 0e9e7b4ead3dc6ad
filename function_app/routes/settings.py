"""The routes of `/settings`, for people who signed in."""

from typing import TYPE_CHECKING

from function_app.http.route import Endpoint, Inputs, Route
from function_app.lazy_module import LazyModule
from function_app.routes.pages import form, page

if TYPE_CHECKING:
    from function_app.web import sharing
    from function_app.web.settings import (
        audit_log,
        cameras,
        index,
        links,
        people,
        retention,
        sign_ins,
        tokens,
    )
else:
    sharing = LazyModule("function_app.web.sharing")
    audit_log = LazyModule("function_app.web.settings.audit_log")
    cameras = LazyModule("function_app.web.settings.cameras")
    index = LazyModule("function_app.web.settings.index")
    links = LazyModule("function_app.web.settings.links")
    people = LazyModule("function_app.web.settings.people")
    retention = LazyModule("function_app.web.settings.retention")
    sign_ins = LazyModule("function_app.web.settings.sign_ins")
    tokens = LazyModule("function_app.web.settings.tokens")


PERSON = "settings/people/{name}"
LINK = "settings/links/{key}/revocation"
TOKEN = "settings/tokens/{name}/removal"  # noqa: S105 - a path
CAMERA = "settings/cameras/{camera}/removal"

ROUTES: tuple[Route, ...] = (
    page("settings", "get_settings_page", lambda: Endpoint(index.get_settings_page)),
    page("settings/people", "get_people_page", lambda: Endpoint(people.get_people_page)),
    form("settings/people", "post_person", lambda: Endpoint(people.post_person)),
    page(
        PERSON,
        "get_person_page",
        lambda: Endpoint(people.get_person_page, inputs=Inputs(path=(people.PERSON,))),
    ),
    form(
        PERSON,
        "post_person_rights",
        lambda: Endpoint(people.post_person_rights, inputs=Inputs(path=(people.PERSON,))),
    ),
    form(
        f"{PERSON}/password",
        "post_person_password",
        lambda: Endpoint(people.post_person_password, inputs=Inputs(path=(people.PERSON,))),
    ),
    page(
        f"{PERSON}/removal",
        "get_person_removal",
        lambda: Endpoint(people.get_person_removal, inputs=Inputs(path=(people.PERSON,))),
    ),
    form(
        f"{PERSON}/removal",
        "post_person_removal",
        lambda: Endpoint(people.post_person_removal, inputs=Inputs(path=(people.PERSON,))),
    ),
    page(
        f"{PERSON}/sign-ins",
        "get_person_sign_ins",
        lambda: Endpoint(sign_ins.get_person_sign_ins, inputs=Inputs(path=(people.PERSON,))),
    ),
    form(
        f"{PERSON}/sign-ins",
        "post_person_session_end",
        lambda: Endpoint(sign_ins.post_person_session_end, inputs=Inputs(path=(people.PERSON,))),
    ),
    form(
        f"{PERSON}/authenticator-app",
        "post_person_app_removal",
        lambda: Endpoint(sign_ins.post_person_app_removal, inputs=Inputs(path=(people.PERSON,))),
    ),
    page("settings/links", "get_links_page", lambda: Endpoint(links.get_links_page)),
    page(
        LINK,
        "get_link_revocation",
        lambda: Endpoint(links.get_link_revocation, inputs=Inputs(path=(sharing.KEY,))),
    ),
    form(
        LINK,
        "post_link_revocation",
        lambda: Endpoint(links.post_link_revocation, inputs=Inputs(path=(sharing.KEY,))),
    ),
    page("settings/tokens", "get_tokens_page", lambda: Endpoint(tokens.get_tokens_page)),
    form("settings/tokens", "post_token", lambda: Endpoint(tokens.post_token)),
    page(
        TOKEN,
        "get_token_removal",
        lambda: Endpoint(tokens.get_token_removal, inputs=Inputs(path=(tokens.TOKEN,))),
    ),
    form(
        TOKEN,
        "post_token_removal",
        lambda: Endpoint(tokens.post_token_removal, inputs=Inputs(path=(tokens.TOKEN,))),
    ),
    page(
        "settings/audit-log", "get_audit_log_page", lambda: Endpoint(audit_log.get_audit_log_page)
    ),
    page("settings/cameras", "get_cameras_page", lambda: Endpoint(cameras.get_cameras_page)),
    page(
        CAMERA,
        "get_camera_removal",
        lambda: Endpoint(cameras.get_camera_removal, inputs=Inputs(path=(cameras.CAMERA,))),
    ),
    form(
        CAMERA,
        "post_camera_removal",
        lambda: Endpoint(cameras.post_camera_removal, inputs=Inputs(path=(cameras.CAMERA,))),
    ),
    page(
        "settings/retention", "get_retention_page", lambda: Endpoint(retention.get_retention_page)
    ),
)
