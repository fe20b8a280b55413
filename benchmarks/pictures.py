"""Pictures for docs from the reports that commands write: `python -m benchmarks.pictures REPORT.html [--only FIGURE...]`.

Each plot of a report becomes `docs/plots/FIGURE.png`, as Debian's chromium draws it; 256 colours keep the files small.
"""

import argparse
from pathlib import Path
from typing import Final

from tests.frontend.browsing import chromium
from tests.frontend.screenshots import save

FOLDER: Final = Path(__file__).parents[1] / "docs/plots"
_PATIENCE_MS: Final = 300_000
"""A report holds thousands of points, each with its interval."""
_SIZE: Final = {"width": 900, "height": 460}
_DRAW: Final = """([name, size]) => {
    const plot = document.getElementById(name);
    plot.style.width = size.width + "px";
    plot.style.height = size.height + "px";
    return Plotly.relayout(plot, {...size, autosize: false});
}"""


def take(report: Path, only: list[str], folder: Path) -> list[Path]:
    """Picture the plots of a report, those named or all."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 800}, device_scale_factor=1.5)
        page.goto(report.resolve().as_uri(), timeout=_PATIENCE_MS)
        for plot in page.query_selector_all(".plotly-graph-div"):
            name = plot.get_attribute("id") or ""
            if only and name not in only:
                continue
            page.evaluate(_DRAW, [name, _SIZE])
            taken.append(folder / f"{name}.png")
            save(plot.screenshot(), taken[-1])
    return taken


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="ids of plots; all where absent")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    for path in take(options.report, options.only, options.out):
        print(path)


if __name__ == "__main__":
    main()
