"""The pictures of the documents, made from the fixtures: ``python tests/refresh_fixtures.py`` makes them again where it can.

Those of paper are the first pages of five fixtures, and what ``tests/views/test_paper.py`` compares a new print with. Those of
the page are taken in Chromium. Both are kept small: few greys, few dots.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
PRINTED = ("lung-biopsy", "hip-and-knee-radiographs", "lymphoma-pet", "road-trauma-ct", "fallen-child-wrist")
"""The fixtures whose paper is a picture."""
DOTS = 60
"""An inch."""
_PORT = 8047
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def first_page(file: bytes) -> Any:
    """The first page of a PDF, in greys."""
    from PIL import Image

    command = ["pdftoppm", "-r", str(DOTS), "-gray", "-f", "1", "-l", "1"]
    return Image.open(io.BytesIO(subprocess.run(command, input=file, capture_output=True, check=True).stdout))


def paper() -> None:
    """The pictures of paper."""
    import bridge

    for name in PRINTED:
        source = next((ROOT / "fixtures" / name).glob("bundle.*"))
        picture = first_page(bridge.render(source.read_bytes()).content)
        picture.quantize(16).save(PICTURES / f"paper-{name}.png", optimize=True)


def page() -> None:
    """The pictures of the page: the start, a result, a line that is pointed at, an order that is refused."""
    from playwright.sync_api import sync_playwright

    server = subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve", "--ui", "--workers", "1", "--port", str(_PORT)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    try:
        assert server.stderr is not None
        server.stderr.readline()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 900, "height": 700}, locale="fr-FR")
            tab.set_default_timeout(180_000)
            for name in _walk(tab):
                _small(tab.screenshot()).save(PICTURES / f"page-{name}.png", optimize=True)
            browser.close()
    finally:
        server.terminate()
        server.wait(60)


def _walk(tab: Any) -> Iterator[str]:
    address = f"http://localhost:{_PORT}/ui"
    tab.goto(address)
    yield "start"
    tab.goto(f"{address}?example=lung-biopsy")
    yield "result"
    tab.locator("#paper tr", has_text="Localisation").hover()
    yield "pointed"
    document = (ROOT / "fixtures" / "lung-biopsy" / "document.xml").read_text("utf-8")
    tab.goto(address)
    tab.fill("#text", document.replace("</text>", "<paragraph>Porteuse d'un filtre cave</paragraph></text>", 1))
    tab.click("#send")
    tab.locator("#received").scroll_into_view_if_needed()
    yield "received"


def _small(data: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(data)).convert("RGB").quantize(24)


def refresh() -> None:
    """Make every picture again for which this machine has the tools; say which it has not."""
    PICTURES.mkdir(exist_ok=True)
    for tool, make, name in ((shutil.which("pdftoppm"), paper, "pdftoppm"), (CHROMIUM, page, "Chromium")):
        if tool:
            make()
        else:
            print(f"no {name}: its pictures are as they were")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    refresh()
