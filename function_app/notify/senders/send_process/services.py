"""The services that Apprise knows: e-mail, ntfy, Telegram and many more."""

import base64

from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyType
from apprise.attachment.memory import AttachMemory
from apprise.plugins.base import NotifyBase

from .exchange import Exchange
from .http import TIMEOUT, USER_AGENT
from .jobs import Notification

_ATTACHMENT_REFUSED = (400, 403, 413, 415)


class UnknownAddressError(Exception):
    """Apprise does not understand the address."""


def send(address: str, notification: Notification, exchange: Exchange) -> bool:
    """Send a notification to an address of Apprise. Return whether all of it was taken. Raises
    UnknownAddressError, and what a plug-in raises."""
    asset = AppriseAsset(
        app_id=USER_AGENT,
        app_desc=USER_AGENT,
        app_url="",
        image_url_mask="",  # no icons of Apprise's from elsewhere
        image_url_logo="",
        allow_templates=False,  # they may be files
        http_redirects=False,
    )
    plugin = Apprise.instantiate(address, asset=asset)
    if not isinstance(plugin, NotifyBase):
        raise UnknownAddressError
    plugin.verify_certificate = True  # whatever the address says
    plugin.request_rate_per_sec = 0  # else it sleeps 5 s between two receivers of one message
    plugin.socket_connect_timeout, plugin.socket_read_timeout = TIMEOUT
    attachment = _attachment(notification) if plugin.attachment_support else None
    is_sent = _notify(plugin, notification, attachment)
    # A server may take no attachments. What sends one request has delivered nothing then.
    is_one_request = exchange.requests == 1 and not exchange.is_mail
    if attachment and not is_sent and is_one_request and exchange.status in _ATTACHMENT_REFUSED:
        exchange.forget()
        return _notify(plugin, notification, None)
    return is_sent


def _notify(
    plugin: NotifyBase, notification: Notification, attachment: AppriseAttachment | None
) -> bool:
    is_photo = notification["kind"] == "photo"
    return bool(
        plugin.notify(
            title=notification["title"],
            body="\n".join(filter(None, (notification["body"], notification["url"]))),
            notify_type=NotifyType.INFO if is_photo else NotifyType.WARNING,
            attach=attachment,
        )
    )


def _attachment(notification: Notification) -> AppriseAttachment | None:
    """Return the thumbnail, in memory."""
    thumbnail = notification["thumbnail"]
    if not thumbnail:
        return None
    content = base64.b64decode(thumbnail)
    picture = AttachMemory(content, name="photo.jpg", mimetype="image/jpeg")  # type: ignore[no-untyped-call]
    return AppriseAttachment([picture])
