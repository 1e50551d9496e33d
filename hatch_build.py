"""What happens when the package is built: the rules are checked and compiled to one JSON file.

An installed lvsconf then starts without reading YAML, however many rules there are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RulesHook(BuildHookInterface[Any]):
    """Puts `_data/rules.json` into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the rules. An editable install reads the checkout instead: a copy would only go stale."""
        if version == "editable":
            return
        self._scratch = tempfile.TemporaryDirectory()
        compiled = Path(self._scratch.name) / "rules.json"
        compiled.write_text(json.dumps(compile_rules(Path(self.root))), encoding="utf-8")
        build_data["force_include"][str(compiled)] = "lvsconf/_data/rules.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Drop the compiled file."""
        if version != "editable":
            self._scratch.cleanup()


def compile_rules(root: Path) -> dict[str, dict[str, Any]]:
    """Every rule file as data, by code; a rule that could not be loaded later fails the build."""
    sys.path.insert(0, str(root))
    from lvsconf.lint.registry import parse_yaml, to_documentation, to_rule

    compiled = {}
    for path in sorted((root / "rules").glob("LVS*.yaml")):
        data = parse_yaml(path.read_text(encoding="utf-8"))
        rule = to_rule(data)
        to_documentation(data)
        if path.stem != f"{rule.code}-{rule.slug}":
            raise ValueError(f"{path.name} holds {rule.code}-{rule.slug}")
        compiled[rule.code] = data
    return compiled
