"""What an attempt to send means for the channel, in words without an address: what happened, and
after a semicolon what a person can do."""

from .exchange import Exchange
from .jobs import Reply

# Statuses for a message that cannot be sent as it is. Others may end once a person has set the
# receiver right, so the message waits.
_REJECTED = (400, 413, 415, 422)
_REJECTED_PUSH = (*_REJECTED, 401, 403)  # the browser subscribed with another key
_REJECTED_MAIL = (550, 551, 552, 553, 554)  # RFC 5321, section 4.2.3: no such mailbox and the like
_GONE = {"webpush": (404, 410), "webhook": (410,)}  # RFC 8030, section 7.3; Standard Webhooks
_REJECTED_ERRORS = {
    "UnknownAddressError": "Apprise does not understand the address; compare it with the steps on "
    "the page of notifications in the documentation",
    "BlockedError": "the address needs something that is not allowed; use another one",
    "PlainTextError": "the message would not be encrypted; use https, or mailtos without "
    "mode=insecure",
    "InvalidHeader": "the address has characters that cannot be sent; look for a typing error",
    "InvalidURL": "the address is not valid; look for a typing error",
    "LocationParseError": "the address is not valid; look for a typing error",
    "UnusableSubscriptionError": "the push subscription cannot be used; turn notifications of that "
    "browser off and on again",
}
_IS_IT_RUNNING = "check that the receiver is running and can be reached from where the app runs"
_TIMEOUT = f"it did not answer in time; {_IS_IT_RUNNING}"
_ERRORS = {
    "ConnectTimeout": _TIMEOUT,
    "ReadTimeout": _TIMEOUT,
    "TimeoutError": _TIMEOUT,
    "ConnectionError": f"no connection; {_IS_IT_RUNNING}",
    "ConnectionRefused": "nothing listens there (connection refused); check the port, and that the "
    "receiver is running",
    "ConnectionClosed": "it closed the connection without an answer; look at the receiver's log",
    "SMTPServerDisconnected": "the mail server closed the connection; look at its log",
    "NameNotFound": "its name was not found; check how the host is written",
    "NoTLS": "it does not speak TLS at this port; use the port of its https, or set up a "
    "certificate there",
    "SMTPNotSupportedError": "the mail server offers no TLS; use its port for TLS and mode=ssl",
    "TLSFailed": "no TLS connection was agreed on; look at the receiver's log",
    "CertificateExpired": "its certificate has expired; renew it there",
    "CertificateNotYetValid": "its certificate is not valid yet; check the receiver's clock",
    "CertificateSelfSigned": "its certificate is self-signed, so it was not accepted; get one that "
    "browsers accept, too",
    "CertificateIssuerUnknown": "its certificate is of an unknown issuer; get one that browsers "
    "accept, with its intermediate certificates",
    "CertificateOfAnotherHost": "its certificate is for another host; use the name in the "
    "certificate",
    "CertificateRejected": "its certificate was not accepted; get one that browsers accept, too",
    "CutAnswer": "it answered, but its answer did not end; look at the receiver's log",
}
_LOOK = "look at the receiver's log"
_ADVICE = {
    401: "check the password or token in the address",
    403: "check the password or token in the address",
    404: "check the path in the address",
    405: "check the path in the address: it takes no POST there",
    410: "make a new address there",
    413: "let the receiver take larger messages",
    429: "let this channel have fewer messages (What and when), or wait",
}
_MAIL_ADVICE = {
    530: "put user and password into the address",
    534: "use an app password",
    535: "check user and password in the address; some providers want an app password",
    550: "check the addresses of sender and receiver",
    553: "check the addresses of sender and receiver",
}


def reply(kind: str, is_sent: bool, blocked: str | None, exchange: Exchange) -> Reply:
    """Return what became of a notification for this kind of address. `blocked` is the guard's."""
    if is_sent:
        return _reply("sent", "")
    if blocked is not None:
        return Reply(
            outcome="rejected", why=_REJECTED_ERRORS["BlockedError"], after=None, blocked=blocked
        )
    if exchange.status:
        return _by_status(kind, exchange)
    if why := _REJECTED_ERRORS.get(exchange.error, ""):
        return _reply("rejected", why)
    unnamed = f"it failed ({exchange.error})" if exchange.error else "it was not accepted"
    return _reply("retry", _ERRORS.get(exchange.error, f"{unnamed}; check the address"))


def _reply(outcome: str, why: str, after: float | None = None) -> Reply:
    return Reply(outcome=outcome, why=why, after=after, blocked="")


def _by_status(kind: str, exchange: Exchange) -> Reply:
    status = exchange.status
    if exchange.is_mail:
        advice = _MAIL_ADVICE.get(status, "look at its log")
        why = f"the mail server answered {status}; {advice}"
        return _reply("rejected" if status in _REJECTED_MAIL else "retry", why)
    what = f"it answered {status}" + (f' "{exchange.answer}"' if exchange.answer else "")
    if kind == "webpush" and status in (401, 403, 404, 410):
        why = f"{what}; turn notifications of that browser off and on again"
    elif 300 <= status < 400:
        advice = "use the address to which it leads"
        why = f"{what}, a redirect, which is not followed; {advice}"
    else:
        why = f"{what}; {_ADVICE.get(status, _LOOK)}"
    if status in _GONE.get(kind, ()):
        return _reply("gone", why)
    if status in (_REJECTED_PUSH if kind == "webpush" else _REJECTED):
        return _reply("rejected", why)
    return _reply("retry", why, exchange.retry_after)
