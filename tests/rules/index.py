"""The generated rules/README.md: `python tests/rules/index.py FILE` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from lvsconf.lint.registry import Rule, rules

RANGES = {
    "LVS00": "Suppressions and configuration",
    "LVS0": "Reading",
    "LVS1": "IPVS tables",
    "LVS2": "Chains on their own",
    "LVS3": "The packet path",
    "LVS4": "Real servers, ARP, routes, sysctl",
    "LVS5": "The cluster language",
    "LVS6": "Scripts",
    "LVS7": "Kernel eras and portability",
    "LVS9": "Pedantic",
}


def index() -> str:
    """All rules by their range."""
    lines = [
        "# Rules",
        "",
        "<!-- Written by `make docs`; do not edit. -->",
        "",
        "One file each, with its documentation and its examples. `lvsconf explain CODE` shows it.",
    ]
    grouped: dict[str, list[Rule]] = {prefix: [] for prefix in RANGES}
    for rule in rules():
        grouped[max((prefix for prefix in RANGES if rule.code.startswith(prefix)), key=len)].append(rule)
    for prefix, members in grouped.items():
        if not members:
            continue
        lines += ["", f"## {RANGES[prefix]}", "", "| code | rule | severity | fix | finds |", "|---|---|---|---|---|"]
        for rule in members:
            fix = rule.fix.value if rule.fix else ""
            summary = rule.summary.replace("|", "\\|")
            link = f"[{rule.code}]({rule.code}-{rule.slug}.yaml)"
            lines.append(f"| {link} | {rule.slug} | {rule.severity.value} | {fix} | {summary} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(index(), encoding="utf-8")
