"""The promises about bad settings."""

import hashlib
from pathlib import Path

import pytest

from pi_uploader.settings import Settings, UploadSettings
from pi_uploader.spool import Spool
from tests.support.program import StartProgram, photos_in
from tests.support.spool_photos import put
from tests.support.waiting import wait_for

WRONG = "\x01 wrong"  # whatever is expected
COMMON = {one.name for _, one in Settings.table()}
OF_UPLOADING = sorted({one.name for _, one in UploadSettings.table()} - COMMON)
EVERY_DAY = {"AZURE_FUNCTION_KEY", "CAMERA_SPOOL", "CAMERA_UPLOADS"}  # a secret, a folder, a switch
GOOD = {
    "BASE_URL": "http://127.0.0.1:9",
    "CAMERA_SOURCE": "simulated",
    "PIR_PIN": "none",
    "CAMERA_EVERY": "0.2s",
}


def files_of(folder: Path) -> dict[str, str]:
    """Return every file of a spool with the hash of its bytes."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize(
    "variable",
    [
        pytest.param(name, marks=() if name in EVERY_DAY else pytest.mark.slow)
        for name in sorted({*OF_UPLOADING, *COMMON})
    ],
)
def test_promise_08_a_bad_setting_loses_nothing(
    start_program: StartProgram, spool_folder: Path, variable: str
) -> None:
    """The upload process names the setting, and changes no byte of the spool."""
    for number in range(3):
        put(Spool(spool_folder), number)
    before = files_of(spool_folder)
    program = start_program("upload", **{**GOOD, variable: WRONG})
    assert program.process.wait(90) == 78
    assert f" pi-uploader: {variable}: " in program.output
    assert files_of(spool_folder) == before


def test_promise_08_no_bad_setting_of_the_upload_stops_capture(
    start_program: StartProgram, spool_folder: Path
) -> None:
    """All of them are wrong at once, and photos are taken."""
    program = start_program("run", **GOOD, **dict.fromkeys(set(OF_UPLOADING) - {"BASE_URL"}, WRONG))
    program.wait_for_output("upload does not run: its settings are wrong")
    before = photos_in(spool_folder)
    wait_for(lambda: photos_in(spool_folder) > before + 2, what="more photos")
    assert program.stop() == 78
