"""The routes of notifications: a person's channels, tests, silence, and the last messages."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.route import GET, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule

if TYPE_CHECKING:
    from function_app.notifications import channels, messages
else:
    channels = LazyModule("function_app.notifications.channels")
    messages = LazyModule("function_app.notifications.messages")

_CHANNELS = "api/notifications/channels"

ROUTES: tuple[Route, ...] = (
    Route(
        _CHANNELS,
        GET,
        Access.PERSON,
        "list_channels",
        lambda: Endpoint(
            channels.list_channels,
            Operation(
                "List your channels: where you get notifications, of what, and whether that "
                "works. Owners may list those of all people.",
                {200: "NotificationChannels"},
            ),
            Inputs(query=(channels.ALL,)),
        ),
    ),
    Route(
        _CHANNELS,
        ("POST",),
        Access.PERSON,
        "make_channel",
        lambda: Endpoint(
            channels.make_channel,
            Operation(
                "Add a channel. The secret that signs the messages to a webhook is shown once.",
                {200: "MadeNotificationChannel", 201: "MadeNotificationChannel"},
                (409,),
            ),
            Inputs(body=channels.NEW_CHANNEL),
        ),
    ),
    Route(
        _CHANNELS + "/{channel}",
        ("PATCH",),
        Access.PERSON,
        "change_channel",
        lambda: Endpoint(
            channels.change_channel,
            Operation(
                "Change a channel. Owners may switch off those of other people.",
                {200: "NotificationChannel"},
                (404,),
            ),
            Inputs(path=(channels.CHANNEL,), body=channels.CHANGES),
        ),
    ),
    Route(
        _CHANNELS + "/{channel}",
        ("DELETE",),
        Access.PERSON,
        "remove_channel",
        lambda: Endpoint(
            channels.remove_channel,
            Operation("Remove a channel. Owners may remove those of other people.", errors=(404,)),
            Inputs(path=(channels.CHANNEL,)),
        ),
    ),
    Route(
        _CHANNELS + "/{channel}/test",
        ("POST",),
        Access.PERSON,
        "send_test",
        lambda: Endpoint(
            messages.send_test,
            Operation(
                "Send a test to one of your channels, at once. At most 5 a minute.",
                {200: "NotificationTest"},
                (404, 429),
            ),
            Inputs(path=(channels.CHANNEL,)),
        ),
    ),
    Route(
        "api/notifications/snooze",
        ("POST",),
        Access.PERSON,
        "snooze",
        lambda: Endpoint(
            messages.snooze,
            Operation(
                "Have no notifications of photos for an hour, or for as long as you like up to 7 "
                "days, from one camera or all. Photos are still taken and stored.",
                {200: "NotificationChannels"},
                (404, 409),
            ),
            Inputs(body=messages.SNOOZE),
        ),
    ),
    Route(
        "api/notifications/key",
        GET,
        Access.PERSON,
        "get_push_key",
        lambda: Endpoint(
            messages.get_push_key,
            Operation(
                "Get the key with which a browser subscribes (applicationServerKey of Web Push).",
                {200: "PushKey"},
            ),
        ),
    ),
    Route(
        "api/notifications/deliveries",
        GET,
        Access.PERSON,
        "list_deliveries",
        lambda: Endpoint(
            messages.list_deliveries,
            Operation(
                "List the last messages to your channels, and what became of each, the newest "
                "first. Owners may name a channel of somebody else.",
                {200: "NotificationDeliveries"},
                (404,),
            ),
            Inputs(query=(messages.OF_CHANNEL, messages.LIMIT)),
        ),
    ),
)
