"""Make the pictures of README and docs from those that the gallery's tests took:
`make screenshots`."""

import shutil
from pathlib import Path

from PIL import Image

TAKEN, SHOWN = Path(".local/screenshots"), Path("docs/pictures")
MOVING = "motion.webp"
PICTURES = {  # of docs/pictures, by the pictures that they are made of
    "now-desk-dark.png": "now.webp",
    "shown-day-desk-light.png": "day.webp",
    "photo-phone-dark.png": "photo.webp",
    "statistics-photos-desk-dark.png": "statistics.webp",
}
MAX_HEIGHT = 1600  # pixels


def main() -> None:
    """Write them."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    shutil.copy(TAKEN / MOVING, SHOWN / MOVING)
    for taken, shown in PICTURES.items():
        picture = Image.open(TAKEN / taken).convert("RGB")
        picture = picture.crop((0, 0, picture.width, min(picture.height, MAX_HEIGHT)))
        picture.save(SHOWN / shown, quality=80)


if __name__ == "__main__":
    main()
