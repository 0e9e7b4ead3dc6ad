"""Make the icons of the installed gallery from icon.svg, by Chromium: `make icons`.

A maskable icon is cut by the system, to a circle for example: what matters is in the middle 80%.
"""

from pathlib import Path

from tests.support.chromium import chromium

PAGE = Path(__file__).parents[2] / "function_app/web/page"
GROUND = "#1c2433"  # that of icon.svg
ICONS = {  # sizes in pixels: of the icon, and of the drawing in its middle
    "icon-192.png": (192, 192),
    "icon-512.png": (512, 512),
    "icon-maskable.png": (512, 420),
}


def main() -> None:
    """Write the icons."""
    drawing = (PAGE / "icon.svg").read_text()
    with chromium() as browser:
        for name, (size, inner) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            is_whole = inner == size
            ground = "transparent" if is_whole else GROUND
            page.set_content(
                f"<style>body {{ margin: 0; height: {size}px; display: grid; "
                f"place-items: center; background: {ground} }} svg {{ width: {inner}px }}</style>"
                f"{drawing}"
            )
            page.screenshot(path=PAGE / name, omit_background=is_whole)


if __name__ == "__main__":
    main()
