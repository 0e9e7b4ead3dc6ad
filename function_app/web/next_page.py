"""Where a person goes after signing in: a path of this site, whatever the address asks for."""

import re
from urllib.parse import urlencode, urlsplit

HOME = "/"
SIGN_IN = "/sign-in"
MAX_LENGTH = 2000  # characters
# One slash, then printable ASCII. A browser reads `//host` and `/\host` as another site, and leaves
# out tabs and line breaks before it reads an address (WHATWG URL, 4.4).
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-\x7e]*")


def next_page(wanted: str) -> str:
    """Return the wanted page, a path with a query, if it is one of this site; else the home page.
    The page to sign in is none to go on to."""
    is_local = len(wanted) <= MAX_LENGTH and _LOCAL.fullmatch(wanted) is not None
    if not is_local or "//" in wanted.partition("?")[0] or urlsplit(wanted).path == SIGN_IN:
        return HOME
    return wanted


def sign_in_page(url: str, has_ended: bool) -> str:
    """Return the path of the page to sign in, from which a person comes back to this address.
    `has_ended` says that their session is over, so that the page does, too."""
    address = urlsplit(url)
    wanted = next_page(f"{address.path}?{address.query}" if address.query else address.path)
    query = {} if wanted == HOME else {"next": wanted}
    if has_ended:
        query["ended"] = "1"
    return f"{SIGN_IN}?{urlencode(query)}" if query else SIGN_IN
