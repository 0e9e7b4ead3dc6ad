"""MPEG transport streams, as ffmpeg writes them: split into the pictures that they contain.

A stream consists of packets of 188 bytes (ISO/IEC 13818-1, section 2.4.3). Some are tables, which
say what the others are.
"""

from collections.abc import Iterator

from pi_uploader.cameras.ring import Picture

PACKET_SIZE = 188
MAX_PICTURE_BYTES = 8 * 1024 * 1024
_VIDEO = 0x100  # the packet identifier that ffmpeg gives its first stream
_PROGRAM = 0x1000  # and the one of the table which says what that stream is
_CODECS = (0x1B, 0x24)  # H.264 and H.265, in that table
_STARTS_UNIT = 0x40  # in the second byte: a picture begins with this packet
_HAS_ADAPTATION = 0x20  # in the fourth byte
_IS_RANDOM_ACCESS = 0x40  # in the adaptation field's flags: a key picture
_HAS_TIME = 0x80  # in the flags of a picture's header
_WRAP = 1 << 33  # of a picture's time


class PictureSplitter:
    """Splits what comes into pictures. Each key picture has the tables before it, so that a stream
    can begin with it. One of another codec than H.264 and H.265, such as Motion JPEG, has no
    pictures that could be read again."""

    def __init__(self) -> None:
        self._rest = b""
        self._tables: dict[int, bytes] = {}
        self._packets: list[bytes] = []  # of the picture that is not complete yet
        self._at = 0.0
        self._order = 0
        self.can_be_read = True

    def split(self, block: bytes, at: float) -> Iterator[Picture]:
        """Yield the pictures that are complete with this block, which came at `at`. Raises
        ValueError if it is no transport stream."""
        content = self._rest + block
        end = len(content) - len(content) % PACKET_SIZE
        self._rest = content[end:]
        for start in range(0, end, PACKET_SIZE):
            packet = content[start : start + PACKET_SIZE]
            if packet[0] != 0x47:
                raise ValueError("a packet does not begin with the byte 0x47")
            identifier = (packet[1] & 0x1F) << 8 | packet[2]
            if identifier != _VIDEO:
                self._tables[identifier] = packet
                if identifier == _PROGRAM:
                    self.can_be_read = _codec_in(packet) in _CODECS
                continue
            if not self.can_be_read:
                continue
            if packet[1] & _STARTS_UNIT:
                if self._packets:
                    yield self._complete()
                self._at, self._order = at, _time_in(packet, self._order)
            self._packets.append(packet)
            if len(self._packets) * PACKET_SIZE > MAX_PICTURE_BYTES:
                raise ValueError(f"a picture has more than {MAX_PICTURE_BYTES} bytes")

    def _complete(self) -> Picture:
        first = self._packets[0]
        is_key = bool(first[3] & _HAS_ADAPTATION and first[4] and first[5] & _IS_RANDOM_ACCESS)
        tables = [self._tables[one] for one in sorted(self._tables)] if is_key else []
        content = b"".join([*tables, *self._packets])
        self._packets = []
        return Picture(content, self._at, is_key, self._order)


def _codec_in(table: bytes) -> int:
    """Return the stream type of the first stream that a program's table has."""
    descriptors = (table[15] & 0x0F) << 8 | table[16]
    return table[17 + descriptors] if 17 + descriptors < len(table) else 0


def _time_in(packet: bytes, last: int) -> int:
    """Return when the picture that begins in this packet is shown, in 1/90000 s; of one without
    that time, the place after `last`. The time is 33 bits long: it goes on where they wrap."""
    start = 5 + packet[4] if packet[3] & _HAS_ADAPTATION else 4
    header = packet[start : start + 14]
    if len(header) < 14 or not header[7] & _HAS_TIME:
        return last + 1
    time = (
        (header[9] >> 1 & 7) << 30
        | header[10] << 22
        | (header[11] >> 1) << 15
        | header[12] << 7
        | header[13] >> 1
    )
    return time + round((last - time) / _WRAP) * _WRAP
