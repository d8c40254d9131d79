"""Draw the pictures of these pages and of the README from the committed results in docs/results.

python docs/pictures.py

`atlas.csv` is what `tlbench report results/atlas --format csv` prints of tlbench/shipped/suites/atlas.toml; it has no user ids.
"""

import csv
from pathlib import Path

from tlbench.analysis.verdict import Finding
from tlbench.pipeline import read_report
from tlbench.plugins import register_all
from tlbench.report.charts.atlas import LEADING, atlas, field
from tlbench.report.charts.gallery import Picture, pictures, spec_of, write_pictures

HERE = Path(__file__).parent
PAGES = (*HERE.glob("*.md"), HERE.parent / "README.md")


def atlas_picture(path: Path) -> Picture:
    """Draw the atlas of a table with one transfer method."""
    with path.open(encoding="utf-8", newline="") as file:
        judged = [row for row in csv.DictReader(file) if row["verdict"]]
    rows = [
        {
            **field(row["scenario"], row["method"], float(row["counterpart_relative"]), Finding(row["verdict"])),
            "choice": LEADING,
        }
        for row in judged
    ]
    return Picture("atlas", "Atlas", "", None, spec_of(atlas(rows, metric=judged[0]["metric"])))


if __name__ == "__main__":
    register_all()
    results = HERE / "results" / "demo"
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    made = pictures(read_report(results))
    shown = [picture for picture in made if f"pictures/{picture.name}.svg" in text and picture.name != "atlas"]
    shown.append(atlas_picture(HERE / "results" / "atlas.csv"))
    for path in write_pictures(shown, HERE / "pictures", formats=("svg",)):
        print(path.relative_to(HERE.parent))
