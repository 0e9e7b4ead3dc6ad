"""The zip that Azure gets, unpacked: Microsoft's own runtime finds the app in it, and the app takes
a photo and shows it.

It is the zip with packages, as `deploy.sh --build-here` publishes it: pip checks the hash of each.
"""

import hashlib
import os
import subprocess
import time
import zipfile
from pathlib import Path

from function_app.routes import ROUTES
from local.azurite import Azurite
from local.dist import build_zip
from local.processes import ROOT
from photo_wire.headers import UPLOAD_PATH
from photo_wire.receipt import parse_receipt
from tests.support.azure_runtime import NEEDS_RUNTIME, PYTHON, READ_TOKEN, AzureWorker
from tests.support.handlers import TIMERS
from tests.support.pictures import jpeg

pytestmark = NEEDS_RUNTIME
WORKER = ROOT / "tests" / "conformance" / "azure_worker.py"


def test_the_unpacked_zip_runs_in_microsofts_runtime(
    azurite: Azurite, tmp_path: Path, log_folder: Path, secrets_used: set[str]
) -> None:
    secrets_used.add(READ_TOKEN)
    app = tmp_path / "app"
    with zipfile.ZipFile(build_zip(tmp_path, int(time.time()), packages=True)) as packed:
        packed.extractall(app)
    packages = app / ".python_packages" / "lib" / "site-packages"
    env = {
        **os.environ,
        # and nothing of this folder: in Azure the host's proxy and the worker set these two
        "PYTHONPATH": f"{app}:{packages}",
        "AzureWebJobsStorage": azurite.connection_string,
        "READ_TOKEN": READ_TOKEN,
    }
    asked = "import PIL, azure.functions, cryptography as c\nprint(PIL, azure.functions, c)"
    found = subprocess.run(
        [PYTHON, "-c", asked], env=env, capture_output=True, text=True, check=True
    )
    assert found.stdout.count(str(packages)) == 3
    with (
        (log_folder / "azure-runtime-zip.log").open("w") as log,
        subprocess.Popen(
            [PYTHON, WORKER],
            cwd=app,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            worker = AzureWorker(process)
            names = {one["name"] for one in worker.functions}
            assert names == {one.name for one in ROUTES} | TIMERS
            picture = jpeg(seed=8080)
            headers = {"Content-Type": "image/jpeg", "X-Camera-Id": "from-the-zip"}
            stored = worker.request("PUT", UPLOAD_PATH, picture, headers)
            assert stored.status in (200, 201), stored.body
            receipt = parse_receipt(stored.body)
            assert receipt.sha256 == hashlib.sha256(picture).hexdigest()
            shown = worker.request("GET", "/sign-in")  # of templates, texts and styles
            assert shown.status == 200, shown.body
            assert shown.headers["content-type"].startswith("text/html")
        finally:
            process.kill()
