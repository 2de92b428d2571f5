"""Write the generated files: schema and page of the configuration, page of features, version in CITATION.cff."""

import re
from pathlib import Path

from snndeep.plan.reference import reference_page, schema_text
from snndeep.radiomics.documentation import names as feature_names
from snndeep.radiomics.documentation import page as features_page

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    version = (ROOT / "scripts/snndeep/VERSION").read_text(encoding="utf-8").strip()
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    generated = {
        "workflow/schemas/config.schema.yaml": schema_text(),
        "docs/configuration.md": reference_page(),
        "docs/features.md": features_page((ROOT / "docs/features.md").read_text(encoding="utf-8")),
        "scripts/snndeep/radiomics/names.json": feature_names(),
        "CITATION.cff": re.sub(r"(?m)^version: .*$", f'version: "{version}"', citation),
    }
    for name, text in generated.items():
        (ROOT / name).write_text(text, encoding="utf-8")
