"""The settings of one camera that concern what is in its photos."""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pi_uploader.settings import camera_values
from pi_uploader.settings.camera_motion import MotionSettings
from pi_uploader.settings.setting import setting


@dataclass(frozen=True, kw_only=True)
class DetectionSettings(MotionSettings):
    """How it is found what a photo of motion shows. `model` is a file, None where nothing looks.
    `model_labels` names what it knows, None: the classes of COCO. `model_size` is width and height
    in pixels, None: the model has a size of its own."""

    title: ClassVar[str] = "what is in the photos of each camera"

    model: Path | None = setting(
        "CAMERA_DETECT",
        camera_values.model,
        "off, imx500, or the absolute path of a model that ends in .tflite, .onnx or (for the "
        "IMX500) .rpk",
        "Model that tells what a photo of motion shows, such as person, vehicle or animal. It "
        "needs the extra detect, except for imx500: the camera's own network.",
        default="off",
    )
    model_labels: Path | None = setting(
        "CAMERA_DETECT_LABELS",
        camera_values.model_labels,
        "coco, or the absolute path of a text file with the name of a class on each line",
        "Names of the classes that the model knows, in its order.",
        default="coco",
    )
    model_size: tuple[int, int] | None = setting(
        "CAMERA_DETECT_SIZE",
        camera_values.model_size,
        "width x height in pixels such as 320x320, or model",
        "Size of the picture that the model gets, for a model that accepts any.",
        default="model",
    )
    label_threshold: float = setting(
        "CAMERA_DETECT_THRESHOLD",
        camera_values.threshold,
        "a number from 0.05 to 1, such as 0.5",
        "How sure the model must be of what it tells.",
        default="0.5",
    )
    detections_per_minute: int = setting(
        "CAMERA_DETECT_PER_MINUTE",
        camera_values.detections_per_minute,
        f"a number from 1 to {camera_values.MAX_DETECTIONS}",
        "Photos a minute that the model looks at, half of these at most further ones of a trigger: "
        "of a burst, or of before and after. Those above it are counted, and uploaded as unknown.",
        default="10",
    )

    @property
    def detects_in_camera(self) -> bool:
        """Return whether the model runs in the camera."""
        return self.model is not None and self.model.suffix == camera_values.IN_CAMERA_SUFFIX

    @property
    def missing_model(self) -> str | None:
        """Return a line for a model or a file of labels that is not there."""
        for name, file in (
            ("CAMERA_DETECT", self.model),
            ("CAMERA_DETECT_LABELS", self.model and self.model_labels),
        ):
            if file is not None and not _is_file(file):
                return f"{name}: there is no file {file}; photos are uploaded without labels"
        return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder of another user
        return False
