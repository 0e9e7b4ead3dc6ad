"""The HTTP session that the upload process keeps for its whole life."""

import os
import ssl
from typing import Any
from urllib.request import getproxies

import certifi
import requests
from requests.adapters import HTTPAdapter


def open_session() -> requests.Session:
    """A session with one pool of kept-open connections and one TLS context.

    The context is made once: `requests` alone reads the CA bundle again for each connection, which
    costs a Pi more than the photo. REQUESTS_CA_BUNDLE names another bundle, as usual. Nothing else
    of the environment is looked up while photos are sent.
    """
    session = requests.Session()
    session.proxies = getproxies()
    session.trust_env = False
    adapter = _OneContext()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _OneContext(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
        kwargs["ssl_context"] = ssl.create_default_context(cafile=bundle)
        kwargs["blocksize"] = 64 * 1024
        super().init_poolmanager(*args, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection as it is: the context verifies, and names no bundle to read."""
