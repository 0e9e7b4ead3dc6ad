"""The names of the classes that a model knows, and the labels that they become."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from photo_wire.motion import MAX_LABELS, Label
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.outputs import MAX_CLASSES, Form, Layout
from pi_uploader.messages import counted
from pi_uploader.state_files import read_state_file

PERSON, VEHICLE, ANIMAL = "person", "vehicle", "animal"
COCO = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "airplane",
    "bus",
    "train",
    "truck",
    "boat",
    "traffic light",
    "fire hydrant",
    "stop sign",
    "parking meter",
    "bench",
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "backpack",
    "umbrella",
    "handbag",
    "tie",
    "suitcase",
    "frisbee",
    "skis",
    "snowboard",
    "sports ball",
    "kite",
    "baseball bat",
    "baseball glove",
    "skateboard",
    "surfboard",
    "tennis racket",
    "bottle",
    "wine glass",
    "cup",
    "fork",
    "knife",
    "spoon",
    "bowl",
    "banana",
    "apple",
    "sandwich",
    "orange",
    "broccoli",
    "carrot",
    "hot dog",
    "pizza",
    "donut",
    "cake",
    "chair",
    "couch",
    "potted plant",
    "bed",
    "dining table",
    "toilet",
    "tv",
    "laptop",
    "mouse",
    "remote",
    "keyboard",
    "cell phone",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
    "scissors",
    "teddy bear",
    "hair drier",
    "toothbrush",
]
"""The 80 classes of COCO in the order of their ids."""
_IDS_WITHOUT_CLASS = (0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
"""The ids of COCO run from 1 to 90, but these have no class (0: the background)."""
COCO_BY_ID = dict(
    zip((one for one in range(91) if one not in _IDS_WITHOUT_CLASS), COCO, strict=True)
)
_GROUPS = {
    PERSON: "human man pedestrian people woman",
    VEHICLE: "airplane bicycle boat bus car lorry motorbike motorcycle pickup scooter suv tractor "
    "train truck van",
    ANIMAL: "badger bear bird boar cat chicken cow deer dog duck elephant fox giraffe goat goose "
    "hare hedgehog horse marten pig rabbit raccoon rat sheep squirrel wolf zebra",
}
_LABELS = {name: label for label, names in _GROUPS.items() for name in names.split()}
_NAMELESS = {"background", "n-a", "none", "null", "unlabeled", "unlabelled"}
_NUMBERED = re.compile(r"\s*([0-9]{1,4})(?:\s*[:,]\s*|\s+)(\S.*)")


def read_class_names(file: Path) -> dict[int, str]:
    """Return the names in a file by the numbers of their classes: one on each line, in the order of
    the model, or each line with its number first (`0 person`). Raises ModelError."""
    try:
        text = read_state_file(file).decode(errors="replace")
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror or error}") from None
    lines = [line.strip() for line in text.rstrip().splitlines()]
    numbered = [match for line in lines if line and (match := _NUMBERED.fullmatch(line))]
    if not lines or len(lines) > MAX_CLASSES:
        raise ModelError(f"{file} has {len(lines)} lines; must have one for each class")
    if len(numbered) == sum(map(bool, lines)):
        return {int(match[1]): match[2] for match in numbered}
    return dict(enumerate(lines))


def coco_names(form: Form, suffix: str) -> Mapping[int, str]:
    """Return the names of a model that was trained on COCO, by the form of its outputs and the
    suffix of its file. Raises ModelError if it knows other classes.

    SSDs count by COCO's ids: those of TensorFlow Lite begin with 0 (`person`), others with 1.
    """
    from_zero = {at - 1: name for at, name in COCO_BY_ID.items()}
    if form.layout is Layout.SSD:
        return COCO_BY_ID if suffix == ".onnx" else from_zero
    known: Mapping[int | None, Mapping[int, str]] = {
        None: dict(enumerate(COCO)),
        80: dict(enumerate(COCO)),
        90: from_zero,
        91: COCO_BY_ID,
    }
    if form.classes is not None and form.classes not in known:
        raise ModelError(
            f"it tells {counted(form.classes, 'class')} apart, which are not COCO's; "
            "CAMERA_DETECT_LABELS must name a file with theirs"
        )
    return known[form.classes]


def label_of(name: str) -> str | None:
    """Return the label for a class of this name: person, vehicle, animal, or the name as the wire
    allows it; None if it has no meaning, such as `???`."""
    slug = re.sub("[^a-z0-9]+", "-", name.partition(",")[0].lower()).lstrip("0123456789-")
    slug = slug[:32].strip("-")
    if not slug or slug in _NAMELESS:
        return None
    return _LABELS.get(slug, slug)


def labels_of(
    scores: Mapping[int, float], names: Mapping[int, str], threshold: float
) -> Sequence[Label]:
    """Return the labels of these scores by class, the surest first; each once, up to
    MAX_LABELS."""
    best: dict[str, float] = {}
    for number, score in scores.items():
        label = label_of(names.get(number, ""))
        if label and score >= threshold:
            best[label] = max(score, best.get(label, 0.0))
    labels = sorted(best.items(), key=lambda one: (-one[1], one[0]))
    return [Label(label, score) for label, score in labels[:MAX_LABELS]]
