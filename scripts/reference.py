"""Write the schema and the reference page of the configuration from the settings' own dataclasses."""

from pathlib import Path

from snndeep.plan.reference import reference_page, schema_text

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    (ROOT / "workflow/schemas/config.schema.yaml").write_text(schema_text(), encoding="utf-8")
    (ROOT / "docs/configuration.md").write_text(reference_page(), encoding="utf-8")
