"""What is overwritten in a clip that a shared link shows: everything that no player plays."""

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.errors import NotRedactableError, TruncatedError
from function_app.media.inspection import inspect
from function_app.media.mp4_redaction import redact
from function_app.media.mp4_samples import PlayedSamples
from photo_wire.media import Media
from tests.support.pictures import LOCATION, box

PICTURES = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1"]
SOUND = ["-f", "lavfi", "-i", "sine=duration=1"]
VIDEO = ["-c:v", "libx264", "-pix_fmt", "yuv420p"]


def recorded(folder: Path, name: str, *arguments: str) -> bytes:
    """Return a clip with pictures, sound, and subtitles that are the place."""
    text = folder / "place.srt"
    text.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{LOCATION.decode()}\n")
    clip = folder / name
    command = ["ffmpeg", "-loglevel", "error", *PICTURES, *SOUND, "-i", str(text), *VIDEO]
    command += ["-c:s", "mov_text", *arguments, str(clip)]
    subprocess.run(command, check=True)
    return clip.read_bytes()


def played(folder: Path, clip: bytes) -> bytes:
    """Return the digest of all pictures and of all sound."""
    (folder / "played").write_bytes(clip)
    command = ["ffmpeg", "-loglevel", "error", "-i", str(folder / "played")]
    command += ["-map", "0:v", "-map", "0:a", "-f", "md5", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("a.mp4", ["-c:a", "aac"]),
        ("a.mp4", ["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov", "-g", "3"]),
        ("a.mp4", ["-c:a", "aac", "-movflags", "+dash+frag_keyframe+delay_moov", "-g", "3"]),
        ("a.mov", ["-c:a", "pcm_s16be", "-ac", "2"]),
        ("a.mov", ["-c:a", "pcm_u8"]),
        ("a.mov", ["-c:a", "pcm_alaw"]),
        ("a.mov", ["-c:a", "pcm_mulaw", "-ac", "2"]),
        ("a.mov", ["-c:a", "pcm_s24le", "-ac", "2"]),
        ("a.mov", ["-c:a", "adpcm_ms", "-ac", "2"]),
        ("a.mov", ["-c:a", "adpcm_ima_wav"]),
    ],
)
def test_samples_of_other_tracks_are_removed(
    tmp_path: Path, name: str, arguments: list[str]
) -> None:
    """Drones write where they are into subtitles, and phones and dashboard cameras into tracks of
    their own. Pictures and sound stay as they are."""
    clip = recorded(tmp_path, name, *arguments)
    assert LOCATION in clip
    bare = redact(clip)
    assert LOCATION not in bare
    assert (len(bare), inspect(bare)) == (len(clip), Media.MP4)
    assert played(tmp_path, bare) == played(tmp_path, clip)
    assert redact(bare) == bare


def test_notes_between_samples_are_removed(tmp_path: Path) -> None:
    """Dashboard cameras write them there, of which an index of their own says where they are."""
    clip = recorded(tmp_path, "a.mp4", "-c:a", "aac")
    at = clip.index(b"mdat") - 4
    (size,) = struct.unpack_from(">I", clip, at)
    noted = struct.pack(">I", size + 200) + clip[at + 4 : at + size] + LOCATION.ljust(200)
    clip = clip[:at] + noted + clip[at + size :]
    bare = redact(clip)
    assert LOCATION not in bare
    assert played(tmp_path, bare) == played(tmp_path, clip)


def test_a_compressed_description_cannot_be_redacted() -> None:
    """What is in it is not known."""
    clip = box(b"ftyp", b"qt  \0\0\0\0") + box(b"mdat", bytes(9)) + box(b"moov", box(b"cmov", b""))
    assert inspect(clip) is Media.MP4
    with pytest.raises(NotRedactableError, match="compressed"):
        redact(clip)


@given(
    boxes=st.lists(st.integers(0, 12), min_size=1, max_size=6),
    chunks=st.lists(st.integers(-9, 60), min_size=1, max_size=9),
    size=st.integers(1, 15),
)
def test_of_all_media_boxes_the_samples_stay(
    boxes: list[int], chunks: list[int], size: int
) -> None:
    """Wherever the tables say that they are: also across boxes, over each other, and outside."""
    tables = box(b"stsc", struct.pack(">4x4I", 1, 1, 1, 1))
    tables += box(b"stsz", struct.pack(">4xII", size, len(chunks)))

    def clip(media: int) -> bytes:
        starts = [max(media + chunk, 0) for chunk in chunks]
        offsets = box(b"stco", struct.pack(f">4xI{len(starts)}I", len(starts), *starts))
        handler = box(b"hdlr", bytes(8) + b"vide" + bytes(12))
        content = handler + box(b"minf", box(b"stbl", tables + offsets))
        header = box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", box(b"trak", box(b"mdia", content)))
        return header + b"".join(box(b"mdat", b"x" * length) for length in boxes)

    media = len(clip(0)) - sum(8 + length for length in boxes)
    whole = clip(media)
    played = {at for chunk in chunks for at in range(max(media + chunk, 0), media + chunk + size)}
    expected, at = bytearray(whole), media
    for length in boxes:
        for place in range(at + 8, at + 8 + length):
            expected[place] *= place in played
        at += 8 + length
    assert redact(whole)[media:] == expected[media:]


def test_the_samples_are_put_in_order_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each of the boxes that may have some: a clip of 2 MB may have half a million samples,
    and 9,000 boxes."""
    calls, merged = [], PlayedSamples.merged

    def counted(samples: PlayedSamples) -> Iterator[tuple[int, int]]:
        calls.append(samples)
        return merged(samples)

    monkeypatch.setattr(PlayedSamples, "merged", counted)
    redact(box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", b"") + 100 * box(b"mdat", b"x"))
    assert len(calls) == 1


@pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe+empty_moov"])
def test_a_place_before_the_samples_is_removed(tmp_path: Path, flags: str) -> None:
    """It moves the samples, so that their table points at it."""
    clip = recorded(tmp_path, "a.mp4", "-c:a", "aac", "-movflags", flags)
    media = clip.rindex(b"mdat") - 4
    place = b"48.858400N 2.294500E"
    for note in (place, bytes(4) + place, box(b"free", place)):
        noted = clip[:media] + note + clip[media:]
        try:
            inspect(noted)
        except TruncatedError:  # since the table points outside of the clip, too
            continue
        assert place[-8:] not in redact(noted)
