"""Models for LiteRT, which was TensorFlow Lite."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from pi_uploader.detect.errors import ModelError, first_line
from pi_uploader.detect.outputs import Array
from pi_uploader.detect.runtime import shape_of_input

_TYPES = (np.float32, np.uint8, np.int8)


class LiteRt:
    """A model in LiteRT's format; see `Runtime`."""

    def __init__(self, file: Path, size: tuple[int, int] | None, threads: int) -> None:
        try:
            self._interpreter = Interpreter(str(file), num_threads=threads)
        except Exception as error:
            raise ModelError(f"LiteRT cannot load it: {first_line(error)}") from error
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ModelError(f"it has {len(inputs)} inputs; must have one, a picture")
        if inputs[0]["dtype"] not in _TYPES:
            raise ModelError(
                f"its input is {np.dtype(inputs[0]['dtype'])}; must be float32, uint8 or int8"
            )
        signature = inputs[0].get("shape_signature", inputs[0]["shape"])
        shape = [int(one) if one > 0 else None for one in signature]
        self.size, self.is_planar = shape_of_input(shape, size)
        self.type: np.dtype[np.generic] = np.dtype(inputs[0]["dtype"])
        self._input = inputs[0]["index"]
        try:
            if None in shape:
                width, height = self.size
                whole = (1, 3, height, width) if self.is_planar else (1, height, width, 3)
                self._interpreter.resize_tensor_input(self._input, whole)
            self._interpreter.allocate_tensors()
        except Exception as error:
            raise ModelError(f"LiteRT cannot prepare it: {first_line(error)}") from error
        self._outputs = self._interpreter.get_output_details()
        self.names: Sequence[str] = [one["name"] for one in self._outputs]

    def run(self, pixels: NDArray[np.generic]) -> Sequence[Array]:
        try:
            self._interpreter.set_tensor(self._input, pixels)
            self._interpreter.invoke()
            return [self._read(one) for one in self._outputs]
        except Exception as error:
            raise ModelError(f"it failed: {first_line(error)}") from error

    def _read(self, output: dict[str, Any]) -> Array:
        """Return an output as numbers, which a quantized model has scaled to bytes."""
        raw: NDArray[np.generic] = self._interpreter.get_tensor(output["index"])
        array = np.asarray(raw, np.float32)
        scale, zero = output["quantization"]
        return (array - np.float32(zero)) * np.float32(scale) if scale else array
