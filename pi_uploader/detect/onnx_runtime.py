"""Models for ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pi_uploader.detect.errors import ModelError, first_line
from pi_uploader.detect.outputs import Array
from pi_uploader.detect.runtime import shape_of_input

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}
_ERRORS_ALONE = 3  # severity of what it logs


class OnnxRuntime:
    """A model in ONNX's format; see `Runtime`."""

    def __init__(self, file: Path, size: tuple[int, int] | None, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.enable_cpu_mem_arena = False  # it keeps what one photo needed
        options.log_severity_level = _ERRORS_ALONE
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot load it: {first_line(error)}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelError(f"it has {len(inputs)} inputs; must have one, a picture")
        if inputs[0].type not in _TYPES:
            raise ModelError(f"its input is a {inputs[0].type}; must be one of {', '.join(_TYPES)}")
        self._input = inputs[0].name
        self.type: np.dtype[np.generic] = np.dtype(_TYPES[inputs[0].type])
        shape = [one if isinstance(one, int) and one > 0 else None for one in inputs[0].shape]
        self.size, self.is_planar = shape_of_input(shape, size)
        self.names: Sequence[str] = [one.name for one in self._session.get_outputs()]

    def run(self, pixels: NDArray[np.generic]) -> Sequence[Array]:
        try:
            outputs: list[Any] = self._session.run(None, {self._input: pixels})
            return [np.asarray(one, np.float32) for one in outputs]
        except Exception as error:
            raise ModelError(f"it failed: {first_line(error)}") from error
