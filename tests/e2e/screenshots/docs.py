"""Make the pictures of README and docs from those that `make screenshots` took."""

import shutil

from PIL import Image

from local.processes import ROOT
from tests.e2e.screenshots.view import FOLDER

SHOWN = ROOT / "docs" / "pictures"
MOVING = "motion.webp"
PICTURES = {  # of docs/pictures, by the pictures that they are made of
    "now-desk-dark.png": "now.webp",
    "day-desk-light.png": "day.webp",
    "photo-phone-dark.png": "photo.webp",
    "statistics-photos-desk-dark.png": "statistics.webp",
}
MAX_HEIGHT = 1600  # pixels


def main() -> None:
    """Write them."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    shutil.copy(FOLDER / MOVING, SHOWN / MOVING)
    for taken, shown in PICTURES.items():
        picture = Image.open(FOLDER / taken).convert("RGB")
        picture = picture.crop((0, 0, picture.width, min(picture.height, MAX_HEIGHT)))
        picture.save(SHOWN / shown, quality=80)


if __name__ == "__main__":
    main()
