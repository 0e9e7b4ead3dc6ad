"""Load `requests` without the packages that guess the encoding of a text: they take 3 MB of memory,
and no response is read as text. `requests` works without them, with a warning."""

import sys
import warnings

_UNUSED = [name for name in ("chardet", "charset_normalizer") if name not in sys.modules]

for _name in _UNUSED:
    sys.modules[_name] = None  # type: ignore[assignment]  # importing it raises ImportError
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import requests  # noqa: F401
finally:
    for _name in _UNUSED:
        del sys.modules[_name]
