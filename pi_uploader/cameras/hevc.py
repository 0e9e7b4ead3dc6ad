"""H.265 clips under the name that browsers play.

ffmpeg names H.265 that it copies into an MP4 `hev1`; Safari plays `hvc1` only (ISO/IEC 14496-15,
section 8.4.1). Its `-tag:v hvc1` fails for H.264, and which of the two a camera sends is known only
once its pictures have come. So the name is changed afterwards, in the track's description, which is
otherwise the same.
"""

from pi_uploader.cameras.boxes import boxes

CODECS = {b"avc1", b"avc3", b"hvc1", b"hev1"}  # H.264 and H.265
_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")  # each in the one before
_COUNT = 8  # bytes in front of the entries of an stsd: its version and their number


def codecs_of(clip: bytes) -> set[bytes]:
    """Return the names of the codecs of all tracks. Raises ValueError or struct.error for a clip
    that is not whole."""
    return {clip[at : at + 4] for at in _codec_positions(clip)}


def tag_as_hvc1(clip: bytes) -> bytes:
    """Return the clip with its H.265 tracks named `hvc1`. Raises as `codecs_of` does."""
    tagged = bytearray(clip)
    for at in _codec_positions(clip):
        if tagged[at : at + 4] == b"hev1":
            tagged[at : at + 4] = b"hvc1"
    return bytes(tagged)


def _codec_positions(clip: bytes) -> list[int]:
    """Return where in the file the names of the tracks' codecs stand."""
    ranges = [(0, len(clip))]
    for wanted in _PATH:
        ranges = [
            (inside, end)
            for start, stop in ranges
            for kind, _, inside, end in boxes(clip, start, stop)
            if kind == wanted
        ]
    return [at + 4 for start, stop in ranges for _, at, _, _ in boxes(clip, start + _COUNT, stop)]
