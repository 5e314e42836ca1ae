"""Write schema/complaint_rules.schema.json from the models; tests/test_schema.py holds the two together."""

from pathlib import Path

from complaint_rules.schema import schema_text

Path(__file__).parents[1].joinpath("schema", "complaint_rules.schema.json").write_text(schema_text(), "utf-8")
