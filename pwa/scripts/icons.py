"""Draws the PNG icons from icon.svg with a Chromium that is already there. Run it after changing the drawing:

python scripts/icons.py /usr/bin/chromium
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PUBLIC = Path(__file__).parent.parent / "public"
# (file, pixels a side, part of the side that the drawing takes): a maskable icon is cut to any shape by the phone.
ICONS = [
    ("icon-192.png", 192, 1.0),
    ("icon-512.png", 512, 1.0),
    ("icon-maskable-512.png", 512, 0.72),
    ("apple-touch-icon.png", 180, 0.86),
]


def main(chromium: str) -> None:
    drawing = (PUBLIC / "icon.svg").read_text()
    for name, side, share in ICONS:
        background = "transparent" if share == 1 else "#10202a"
        style = f"margin:0;background:{background};width:{side}px;height:{side}px;display:grid;place-items:center"
        svg = drawing.replace("<svg ", f'<svg width="{side * share}" height="{side * share}" ', 1)
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "icon.html")
            page.write_text(f'<body style="{style}">{svg}')
            flags = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--default-background-color=00000000"]
            size = f"--window-size={side},{side}"
            shot = f"--screenshot={PUBLIC / name}"
            subprocess.run([chromium, *flags, size, shot, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main(sys.argv[1])
