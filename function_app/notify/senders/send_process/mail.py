"""Mail: replies of its servers, of which Apprise tells nothing, and TLS, which an address could
switch off."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from .exchange import Exchange
from .failures import name_of
from .guard import IPNetwork, PlainTextError, is_listed


def install(exchange: Exchange, networks: Sequence[IPNetwork]) -> None:
    """Let `exchange` know each reply and failed connection of this process. Without TLS passwords
    and mails go to servers in `networks` alone."""
    read_reply = smtplib.SMTP.getreply

    def getreply(self: smtplib.SMTP) -> tuple[int, bytes]:
        code, text = read_reply(self)
        exchange.record_mail(code)
        return code, text

    def require_tls(client: smtplib.SMTP) -> None:
        sock = client.sock
        if sock is None or isinstance(sock, ssl.SSLSocket):
            return
        if not is_listed(sock.getpeername()[0], networks):
            raise PlainTextError("is not TLS")

    def guarded(name: str, check: Callable[[smtplib.SMTP], None] | None = None) -> None:
        method = getattr(smtplib.SMTP, name)

        def call(self: smtplib.SMTP, *args: Any, **more: Any) -> Any:
            try:
                if check:
                    check(self)
                return method(self, *args, **more)
            except OSError as error:  # those of ssl and of a connection, and of smtplib
                exchange.error = name_of(error)
                raise

        setattr(smtplib.SMTP, name, call)

    smtplib.SMTP.getreply = getreply  # type: ignore[method-assign]
    for name in ("connect", "starttls"):
        guarded(name)
    for name in ("login", "sendmail"):
        guarded(name, require_tls)
