"""Check the session cookie of a sign-in as Azure sends it.

python -m infra.sign_in HEADERS COOKIE

HEADERS has the response's headers as curl's `dump-header` wrote them. If a browser would keep the
cookie, this writes a line for curl's config that sends it back into COOKIE. Otherwise it exits with
1 and the reason. The value of the cookie is never printed."""

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
        """Return the cookie in the value of a Set-Cookie header."""
        pair, *rest = text.split(";")
        name, _, value = pair.strip().partition("=")
        pairs = (part.strip().partition("=") for part in rest)
        return cls(name, value, {key.lower(): content for key, _, content in pairs if key})

    @property
    def domain(self) -> str | None:
        """The Domain attribute; None if it is missing, "" if it is empty."""
        return self.attributes.get("domain")


def session_cookie(headers: str) -> RawCookie:
    """Return the session's cookie in the headers of a response. Raises CookieError if it is
    missing."""
    for line in headers.splitlines():
        field, _, value = line.partition(":")
        if field.strip().lower() == "set-cookie" and NAME in value.partition("=")[0]:
            return RawCookie.parse(value.strip())
    raise CookieError("the response to the sign-in is without the session's cookie")


def check(cookie: RawCookie) -> None:
    """Raise CookieError if a browser would reject the cookie, or send it to other sites."""
    problems = [
        f"it has no {attribute}"
        for attribute in ("httponly", "samesite", "path")
        if attribute not in cookie.attributes
    ]
    if cookie.name.startswith("__") and "secure" not in cookie.attributes:
        problems.append("its name needs Secure, which is missing")
    if cookie.name.startswith("__Host-") and cookie.domain:
        problems.append(f"its name allows no Domain, and it has domain={cookie.domain}")
    if problems:
        raise CookieError(
            f"a browser does not keep the cookie {cookie.name}: {'; '.join(problems)}"
        )


def main(headers_path: str, cookie_path: str) -> int:
    """Check the cookie and write COOKIE. Return the exit code."""
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
