"""Write the generated files: schema and reference page of the configuration, and the version in CITATION.cff."""

import re
from pathlib import Path

from snndeep.plan.reference import reference_page, schema_text

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    version = (ROOT / "scripts/snndeep/VERSION").read_text(encoding="utf-8").strip()
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    generated = {
        "workflow/schemas/config.schema.yaml": schema_text(),
        "docs/configuration.md": reference_page(),
        "CITATION.cff": re.sub(r"(?m)^version: .*$", f'version: "{version}"', citation),
    }
    for name, text in generated.items():
        (ROOT / name).write_text(text, encoding="utf-8")
