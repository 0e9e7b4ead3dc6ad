"""The routes of shared links."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.parameters import PHOTO
from function_app.http.route import (
    GET,
    GET_OR_HEAD,
    PHOTO_TYPES,
    Endpoint,
    Inputs,
    Operation,
    Route,
)
from function_app.lazy_module import LazyModule
from function_app.routes.pages import guest_file_problem_page, guest_problem_page

if TYPE_CHECKING:
    from function_app.web import shared_photos, sharing
else:
    shared_photos = LazyModule("function_app.web.shared_photos")
    sharing = LazyModule("function_app.web.sharing")

_PHOTO_RESPONSES = {200: PHOTO_TYPES, 206: PHOTO_TYPES, 304: None}

ROUTES: tuple[Route, ...] = (
    Route(
        "api/shares",
        GET,
        Access.ADMIN,
        "list_shares",
        lambda: Endpoint(
            sharing.list_shares,
            Operation("List the shared links.", {200: "Shares"}),
        ),
    ),
    Route(
        "api/shares",
        ("POST",),
        Access.ADMIN,
        "make_share",
        lambda: Endpoint(
            sharing.make_share,
            Operation(
                "Create a link that opens a photo, or a camera's photos in a time range, without "
                "signing in.",
                {201: "MadeShare"},
                (404,),
            ),
            Inputs(body=sharing.NEW_SHARE),
        ),
    ),
    Route(
        "api/shares/{key}",
        ("DELETE",),
        Access.ADMIN,
        "revoke_share",
        lambda: Endpoint(
            sharing.revoke_share,
            Operation("Revoke a shared link.", errors=(404,)),
            Inputs(path=(sharing.KEY,)),
        ),
    ),
    Route(
        "api/shared/{secret}",
        GET,
        Access.PUBLIC,
        "list_shared",
        lambda: Endpoint(
            shared_photos.list_shared,
            Operation("List the photos that a shared link opens.", {200: "SharedPhotos"}, (404,)),
            Inputs(path=(shared_photos.SECRET,), query=(shared_photos.AFTER,)),
        ),
    ),
    Route(
        "api/shared/{secret}/{id}/content",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_shared_content",
        lambda: Endpoint(
            shared_photos.get_shared_content,
            Operation(
                "Get the bytes of a photo that a shared link opens.", _PHOTO_RESPONSES, (404, 416)
            ),
            Inputs(
                path=(
                    shared_photos.SECRET,
                    PHOTO,
                )
            ),
        ),
        guest_file_problem_page,
    ),
    Route(
        "shared/{secret}",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_shared",
        lambda: Endpoint(shared_photos.get_shared, inputs=Inputs(path=(shared_photos.SECRET,))),
        guest_problem_page,
    ),
)
