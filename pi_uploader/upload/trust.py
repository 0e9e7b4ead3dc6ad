"""Which certificate authorities are trusted: the system's, as for its other programs."""

import os
import ssl
from pathlib import Path

import certifi

from pi_uploader.settings import SettingsError

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # variables that others know, too


def tls_context() -> ssl.SSLContext:
    """Return a context that trusts the file or folder that REQUESTS_CA_BUNDLE names, else the
    system's store, private authorities in it included, else certifi's where the system has none.

    Raises SettingsError if the file or folder that is named cannot be used.
    """
    for variable in BUNDLES:
        if named := os.environ.get(variable):
            return _context_of(variable, Path(named))
    context = ssl.create_default_context()
    if not _has_authorities(context):
        context.load_verify_locations(certifi.where())
    return context


def _context_of(variable: str, path: Path) -> ssl.SSLContext:
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except OSError as error:  # SSLError is one
        raise SettingsError(
            [
                f"{variable}: {path} cannot be used: {error.strerror or error}; expected a PEM "
                "file with certificates, or a folder of them that c_rehash has seen"
            ]
        ) from None


def _has_authorities(context: ssl.SSLContext) -> bool:
    """Whether the system has a store. Those in its folder are read when they are needed."""
    folder = ssl.get_default_verify_paths().capath
    return bool(context.get_ca_certs()) or (folder is not None and any(Path(folder).glob("*.0")))
