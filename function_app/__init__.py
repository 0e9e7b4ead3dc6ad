"""Nightjar's backend: it receives photos from devices, stores them, and shows them.

The Functions host imports this package and finds `app`. Importing it reads no setting and opens
no connection: if the import fails, the host starts without any function and gives no reason
(azure-functions-python-worker issue 1338).

No garbage is collected meanwhile: an import makes hundreds of thousands of objects that stay, and
looking through them takes a tenth of a cold start. What is there at the end is never looked through
again (docs/decisions/0064-a-cold-start-imports-what-a-photo-needs.md).
"""

import gc

_was_enabled = gc.isenabled()
gc.disable()
try:
    from function_app.registration import app, build_app
finally:
    gc.freeze()
    if _was_enabled:
        gc.enable()

__all__ = ["app", "build_app"]
