"""The configuration's JSON Schema, with which editors complete and check braid.yaml."""

from __future__ import annotations

from typing import Any, cast

from gateway.settings.settings import Settings

# What stands in the file instead of a number, say, that a variable is to give.
_REFERENCE = {"type": "string", "pattern": r"\$\{.+\}"}
_NOT_TEXT = ("integer", "number", "boolean")
# What stays beside the alternatives, where editors look for it.
_ANNOTATIONS = ("title", "description", "default")


def settings_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of braid.yaml, as docs/braid.schema.json holds it."""
    schema = Settings.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_allow_references(schema),
        "title": "braid.yaml",
    }


def _allow_references(node: Any) -> Any:
    """The schema with `${VARIABLE}` allowed wherever it asks for something other than any text."""
    if isinstance(node, list):
        return [_allow_references(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    schema = {key: _allow_references(value) for key, value in cast("dict[str, Any]", node).items()}
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    if isinstance(text := schema.get("description"), str):
        schema["description"] = " ".join(text.split())
    if schema.get("type") not in _NOT_TEXT and not isinstance(schema.get("pattern", schema.get("enum")), (str, list)):
        return schema
    kept = {key: schema.pop(key) for key in _ANNOTATIONS if key in schema}
    return {**kept, "anyOf": [schema, _REFERENCE]}
