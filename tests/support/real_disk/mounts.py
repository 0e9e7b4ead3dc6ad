"""File systems for the session's mount namespace."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Tmpfs:
    """A small disk in memory, mounted at `place`."""

    def __init__(self, place: Path, size: int, inodes: int) -> None:
        self.place = place
        place.mkdir(parents=True)
        options = f"size={size},nr_inodes={inodes},mode=700"
        call("mount", "-t", "tmpfs", "-o", options, "tmpfs", place)

    def resize(self, *, size: int | None = None, inodes: int | None = None) -> None:
        options = [f"size={size}"] * (size is not None) + [f"nr_inodes={inodes}"] * bool(inodes)
        call("mount", "-o", ",".join(["remount", *options]), self.place)

    def make_read_only(self, is_read_only: bool) -> bool:
        """Whether that was possible: not while a file is open for writing."""
        how = "remount,ro" if is_read_only else "remount,rw"
        done = subprocess.run(["mount", "-o", how, f"{self.place}"], capture_output=True)
        return done.returncode == 0


class Ext4:
    """An ext4 in an image beside `place`, where it is mounted."""

    def __init__(self, place: Path, size: int = 16_000_000, inodes: int = 1024) -> None:
        self.place = place
        self.image = place.with_name(f"{place.name}.img")
        place.mkdir(parents=True)
        with self.image.open("wb") as file:
            file.truncate(size)
        call("mkfs.ext4", "-q", "-b", 4096, "-N", inodes, "-F", self.image)
        self.mount()

    def mount(self, options: str = "loop") -> None:
        call("mount", "-t", "ext4", "-o", options, self.image, self.place)

    def unmount(self) -> None:
        call("umount", self.place)

    @contextmanager
    def unmounted(self) -> Iterator[Path]:
        """The image, while the file system is not mounted."""
        self.unmount()
        yield self.image
        self.mount()

    def damage_inode(self, file: Path) -> None:
        """Flip a byte in the inode of a file, as a failing card does: whatever is done with the
        file answers EBADMSG from then on."""
        inode = file.stat().st_ino
        with self.unmounted() as image:
            output = call("debugfs", "-R", f"imap <{inode}>", image)
            found = re.search(r"located at block (\d+), offset (0x[0-9a-f]+)", output)
            assert found, output
            block, offset = int(found[1]), int(found[2], 16)
            with image.open("r+b") as disk:
                disk.seek(block * 4096 + offset + 16)
                byte = disk.read(1)
                disk.seek(-1, 1)
                disk.write(bytes([byte[0] ^ 0xFF]))


def call(*command: object) -> str:
    """What the command prints. Raises CalledProcessError if it fails."""
    args = [str(command) for command in command]
    return subprocess.run(args, check=True, text=True, stdout=subprocess.PIPE).stdout
