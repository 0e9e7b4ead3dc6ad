"""The log of the last photos, whose file a power cut may spoil."""

from pathlib import Path

from pi_uploader.alerts.photo_log import RECEIPTS_FILE, PhotoLog
from tests.support.fault_server import FaultServer
from tests.support.uploading import Device


def test_the_log_keeps_the_last_photos_and_tolerates_any_content(tmp_path: Path) -> None:
    """Its file does not grow for ever; half a line, which a power cut leaves, costs one receipt."""
    with FaultServer() as server:
        photos = Device(tmp_path, server).take(7)
    file = tmp_path / RECEIPTS_FILE
    log = PhotoLog(file, max_photos=3)
    for photo in photos:
        log.add(photo)
    assert log.photos() == photos[:3:-1]
    assert len(file.read_text().splitlines()) < 6
    file.write_text(file.read_text() + photos[0].file_name[:40])
    assert PhotoLog(file, max_photos=3).photos()[-3:] == photos[:3:-1]
    file.write_bytes(b"\xff\xfe no text")
    again = PhotoLog(file, max_photos=3)
    assert again.photos() == []
    again.add(photos[0])
    assert again.photos() == [photos[0]]
