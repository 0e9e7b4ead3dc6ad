"""Checks the cookie with which the backend answers a sign-in, as it comes out of Azure.

python -m infra.sign_in HEADERS COOKIE

HEADERS holds the response's headers as curl's `dump-header` wrote them. Says what a browser would
make of the session's cookie; if one would keep it, COOKIE is written with a line for curl's config
that sends it back. Ends with 1, and the reason, if a browser would refuse it. Its value is shown
nowhere.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "nightjar_session"


class CookieError(Exception):
    """A browser would not keep the cookie; the text says why."""


@dataclass(frozen=True)
class RawCookie:
    """One Set-Cookie header. `attributes` has lower-case names."""

    name: str
    value: str
    attributes: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "RawCookie":
        pair, *rest = text.split(";")
        name, _, value = pair.strip().partition("=")
        split = (part.strip().partition("=") for part in rest)
        return cls(name, value, {key.lower(): said for key, _, said in split if key})

    @property
    def domain(self) -> str | None:
        """None if there is no Domain attribute; "" if there is an empty one."""
        return self.attributes.get("domain")


def session_cookie(headers: str) -> RawCookie:
    """Return the session's cookie among the headers of a response. Raises CookieError."""
    for line in headers.splitlines():
        field, _, value = line.partition(":")
        if field.strip().lower() == "set-cookie" and NAME in value.partition("=")[0]:
            return RawCookie.parse(value.strip())
    raise CookieError("the sign-in was answered without the session's cookie")


def check(cookie: RawCookie) -> None:
    """Raise CookieError if a browser would refuse the cookie, or give it to others."""
    problems = [
        f"it has no {attribute}"
        for attribute in ("httponly", "samesite", "path")
        if attribute not in cookie.attributes
    ]
    if cookie.name.startswith("__") and "secure" not in cookie.attributes:
        problems.append("its name needs Secure, which it does not have")
    if cookie.name.startswith("__Host-") and cookie.domain:
        problems.append(f"its name allows no Domain, and it has domain={cookie.domain}")
    if problems:
        raise CookieError(
            f"a browser does not keep the cookie {cookie.name}: {'; '.join(problems)}"
        )


def main(headers_path: str, cookie_path: str) -> int:
    try:
        cookie = session_cookie(Path(headers_path).read_text(errors="replace"))
        check(cookie)
    except CookieError as error:
        print(error, file=sys.stderr)
        return 1
    shown = "none" if cookie.domain is None else f"domain={cookie.domain}"
    print(f"The cookie {cookie.name} is one that browsers keep; its Domain: {shown}")
    Path(cookie_path).write_text(f'header = "Cookie: {cookie.name}={cookie.value}"\n')
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
