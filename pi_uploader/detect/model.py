"""A model, from a photo to its labels."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photo_wire.media import Media
from photo_wire.motion import Box, Label
from pi_uploader.detect.class_names import coco_names, labels_of, read_class_names
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.outputs import Form, Layout, recognize
from pi_uploader.detect.picture import draw
from pi_uploader.detect.runtime import Runtime
from pi_uploader.state_files import open_regular_file

if TYPE_CHECKING:
    from PIL import Image

_IMAGENET_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
_IMAGENET_DEVIATION = np.array((0.229, 0.224, 0.225), np.float32)


class Model:
    """A model file with its names. `size` (width, height) is for one that accepts any.

    Raises ModelError if the file cannot be used: its size is above `max_bytes`, it is damaged, its
    input is not a picture, what it returns is not known, or its scores are none. What it returns is
    tried with an empty picture.
    """

    def __init__(
        self,
        file: Path,
        labels: Path | None,
        size: tuple[int, int] | None,
        *,
        threads: int = 1,
        max_bytes: int | None = None,
    ) -> None:
        self._check(file, max_bytes)
        names = read_class_names(labels) if labels else None
        self._runtime = _open_runtime(file, size, threads)
        blank = np.zeros((*reversed(self._runtime.size), 3), np.uint8)
        outputs = self._runtime.run(_arrange(blank.astype(self._runtime.type), self._runtime))
        known = max(names) + 1 if names else None
        self.form = recognize(outputs, self._runtime.names, self._runtime.size, known)
        self.form.scores(outputs)  # raises
        self._names: Mapping[int, str] = names or coco_names(self.form, file.suffix)

    @staticmethod
    def _check(file: Path, max_bytes: int | None) -> None:
        try:
            with open_regular_file(file) as opened:
                opened.read(1)
                size = os.fstat(opened.fileno()).st_size
        except OSError as error:
            raise ModelError(f"it cannot be read: {error.strerror or error}") from None
        if max_bytes is not None and size > max_bytes:
            raise ModelError(f"it has {size / 1e6:.0f} MB; at most {max_bytes / 1e6:.0f} MB fit")

    @property
    def description(self) -> str:
        """What it is, for a person."""
        width, height = self._runtime.size
        return f"{self.form.layout.name.lower().replace('_', ' ')}, {width}x{height}"

    def look(
        self, content: bytes, media: Media, box: Box | None, threshold: float
    ) -> Sequence[Label]:
        """Return what a photo shows, with motion in this box, as far as the model is that sure.
        Raises ModelError, and whatever Pillow raises for a damaged photo."""
        picture = draw(content, media, box, self._runtime.size)
        outputs = self._runtime.run(pixels_of(picture, self._runtime, self.form))
        return labels_of(self.form.scores(outputs), self._names, threshold)


def pixels_of(picture: "Image.Image", runtime: Runtime, form: Form) -> NDArray[np.generic]:
    """Return the pixels of a picture as the model was trained with them.

    Quantized models have the range of their bytes. Others are told apart by their outputs: YOLO
    takes 0 to 1, YOLOX 0 to 255 in blue, green, red, TensorFlow -1 to 1, PyTorch's classifications
    ImageNet's mean and deviation.
    """
    colours: NDArray[np.generic] = np.asarray(picture, np.uint8)
    if runtime.type == np.int8:
        colours = (colours.astype(np.int16) - 128).astype(np.int8)
    elif runtime.type != np.uint8:
        colours = _scaled(colours.astype(np.float32), runtime.is_planar, form.layout)
    return _arrange(colours.astype(runtime.type), runtime)


def _scaled(colours: NDArray[np.float32], is_planar: bool, layout: Layout) -> NDArray[np.float32]:
    if layout is Layout.YOLOX:
        return colours[:, :, ::-1]
    if layout is Layout.CLASSES and is_planar:
        return (colours / np.float32(255) - _IMAGENET_MEAN) / _IMAGENET_DEVIATION
    if layout in (Layout.CLASSES, Layout.SSD) and not is_planar:
        return colours / np.float32(127.5) - np.float32(1)
    return colours / np.float32(255)


def _arrange(colours: NDArray[np.generic], runtime: Runtime) -> NDArray[np.generic]:
    """Return the colours of a picture in the order of the model, as one of one."""
    if runtime.is_planar:
        colours = colours.transpose(2, 0, 1)
    return np.ascontiguousarray(colours[np.newaxis])


def _open_runtime(file: Path, size: tuple[int, int] | None, threads: int) -> Runtime:
    """Load a model file by the library for its suffix, which is imported only now. `size` is for a
    model that accepts any.

    Raises ModelError if it cannot be loaded, or its input is not one picture.
    """
    try:
        if file.suffix == ".onnx":
            from pi_uploader.detect.onnx_runtime import OnnxRuntime

            return OnnxRuntime(file, size, threads)
        from pi_uploader.detect.litert import LiteRt

        return LiteRt(file, size, threads)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{error.name} is not installed; run pip install '.[detect]' in Nightjar's folder"
        ) from None
    except MemoryError:
        raise ModelError("it needs more memory than it may take") from None
