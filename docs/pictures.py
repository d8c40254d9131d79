"""Draw the pictures of these pages and of the README from the committed results in docs/results.

python docs/pictures.py
"""

from pathlib import Path

from tlbench.pipeline import read_evidence, read_findings
from tlbench.plugins import register_all
from tlbench.report.charts.gallery import pictures, write_pictures

HERE = Path(__file__).parent
PAGES = (*HERE.glob("*.md"), HERE.parent / "README.md")

if __name__ == "__main__":
    register_all()
    results = HERE / "results" / "demo"
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    made = pictures(read_findings(results), read_evidence(results))
    shown = [picture for picture in made if f"pictures/{picture.name}.svg" in text]
    for path in write_pictures(shown, HERE / "pictures", formats=("svg",)):
        print(path.relative_to(HERE.parent))
