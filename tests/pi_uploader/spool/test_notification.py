"""A notification reaches the listener of the spool, or nobody; it never fails and never waits."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_uploader import unix_sockets
from pi_uploader.spool import Spool, SpoolError
from pi_uploader.spool.notification import (
    DETECT_SOCKET_NAME,
    SOCKET_NAME,
    Listener,
    is_detecting,
    notify,
)
from pi_uploader.unix_sockets import MAX_ADDRESS
from tests.support.disks import FailingDisk, Kind
from tests.support.spool_photos import put

ENOUGH = 90.0  # seconds; a notification that comes does so long before
MANY = 10_000  # more than fit into a socket's buffer


def is_notified(listener: Listener) -> bool:
    """Return whether a notification has come."""
    return listener.wait(0.001)


def leave_socket(folder: Path) -> None:
    """Have a process bind the spool's socket and end without closing it."""
    code = "import os, socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
    code += "s.bind(sys.argv[1]); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, folder / SOCKET_NAME], check=True)


def test_each_change_that_the_upload_should_see_is_notified(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with Listener(tmp_path) as listener:
        photo = put(spool, 1)
        assert listener.wait(ENOUGH)
        spool.quarantine(photo, "rejected-422")
        assert not is_notified(listener)
        spool.requeue(photo, "rejected-422")
        assert listener.wait(ENOUGH)
        spool.remove(photo, keep=True)
        assert not is_notified(listener)
        assert spool.requeue_kept(photo)
        assert listener.wait(ENOUGH)
        spool.recover()
        assert listener.wait(ENOUGH)


def test_what_looks_at_photos_is_notified_beside_the_upload(tmp_path: Path) -> None:
    """Of the same changes; and others know whether it listens."""
    spool = Spool(tmp_path)
    assert not is_detecting(tmp_path)
    with Listener(tmp_path) as upload, Listener(tmp_path, DETECT_SOCKET_NAME, "detect") as detect:
        assert is_detecting(tmp_path)
        put(spool, 1)
        assert upload.wait(ENOUGH)
        assert detect.wait(ENOUGH)
    assert not is_detecting(tmp_path)
    with Listener(tmp_path, DETECT_SOCKET_NAME, "detect") as detect:  # the upload is not there
        put(spool, 2)
        assert detect.wait(ENOUGH)


def test_a_loss_is_notified(tmp_path: Path) -> None:
    """It is to be reported."""
    spool = Spool(tmp_path, FailingDisk(0, kinds={Kind.WRITE}, lasting=True))
    with Listener(tmp_path) as listener:
        with pytest.raises(SpoolError):
            put(spool, 1)
        assert listener.wait(ENOUGH)


def foreign_file(folder: Path) -> None:
    (folder / SOCKET_NAME).write_text("not ours")


def foreign_folder(folder: Path) -> None:
    (folder / SOCKET_NAME).mkdir()


def pipe(folder: Path) -> None:
    os.mkfifo(folder / SOCKET_NAME)


def link_to_nothing(folder: Path) -> None:
    (folder / SOCKET_NAME).symlink_to(folder / "nothing")


def stream_socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(folder / SOCKET_NAME))


@pytest.mark.parametrize(
    "obstacle",
    [
        Path.rmdir,
        foreign_file,
        foreign_folder,
        pipe,
        link_to_nothing,
        stream_socket,
        leave_socket,
        lambda folder: None,
    ],
)
def test_a_notification_that_nobody_can_receive_is_ignored(
    obstacle: Callable[[Path], None], tmp_path: Path
) -> None:
    obstacle(tmp_path)
    notify(tmp_path)


def test_a_listener_that_does_not_listen_holds_up_nobody(tmp_path: Path) -> None:
    with Listener(tmp_path):
        for _ in range(MANY):
            notify(tmp_path)


@pytest.mark.parametrize("obstacle", [foreign_file, foreign_folder, pipe])
def test_a_listener_does_not_replace_what_is_not_its_own(
    obstacle: Callable[[Path], None], tmp_path: Path
) -> None:
    obstacle(tmp_path)
    before = (tmp_path / SOCKET_NAME).lstat()
    with pytest.raises(OSError, match="is a file of another program: move it away"):
        Listener(tmp_path)
    assert (tmp_path / SOCKET_NAME).lstat() == before


def test_a_second_listener_does_not_replace_the_first(tmp_path: Path) -> None:
    with Listener(tmp_path) as first:
        with pytest.raises(OSError, match="another upload process runs on this spool: end one"):
            Listener(tmp_path)
        notify(tmp_path)
        assert first.wait(ENOUGH)


def test_the_socket_of_a_killed_process_is_replaced(tmp_path: Path) -> None:
    leave_socket(tmp_path)
    assert (tmp_path / SOCKET_NAME).is_socket()
    with Listener(tmp_path) as listener:
        notify(tmp_path)
        assert listener.wait(ENOUGH)


@pytest.mark.parametrize("is_owner", [True, False])
def test_the_socket_of_another_user_is_replaced_in_a_folder_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_owner: bool
) -> None:
    """The one that `sudo pi-uploader run` left, to which the service may not even connect."""

    class Forbidden(socket.socket):
        def connect(self, address: object) -> None:
            raise PermissionError

    leave_socket(tmp_path)
    us, other = os.geteuid(), os.geteuid() + 1
    owners = {tmp_path: us if is_owner else other, tmp_path / SOCKET_NAME: other}
    monkeypatch.setattr(unix_sockets, "_owner", owners.__getitem__)
    monkeypatch.setattr(socket, "socket", Forbidden)
    if not is_owner:
        with pytest.raises(OSError, match="another upload process runs on this spool"):
            Listener(tmp_path)
        return
    with Listener(tmp_path) as listener:
        notify(tmp_path)
        assert listener.wait(ENOUGH)


def test_a_listener_whose_socket_was_deleted_says_so(tmp_path: Path) -> None:
    with Listener(tmp_path) as listener:
        assert not is_notified(listener)
        (tmp_path / SOCKET_NAME).unlink()
        with pytest.raises(FileNotFoundError):
            is_notified(listener)
        with Listener(tmp_path), pytest.raises(FileNotFoundError):
            is_notified(listener)


def test_a_path_that_is_too_long_for_an_address_works(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * MAX_ADDRESS)
    folder.mkdir()
    with Listener(folder) as listener:
        notify(folder)
        assert listener.wait(ENOUGH)
    with Listener(folder) as again:  # the first one's file is there
        notify(folder)
        assert again.wait(ENOUGH)
    assert os.listdir(folder) == [SOCKET_NAME]  # noqa: PTH208
