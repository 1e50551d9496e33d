"""What `ipvsadm -R` is given: the saved rules, with what `ipvsadm -S` does not print put back."""

from __future__ import annotations

import re

Limits = dict[tuple[str, str], tuple[str, str]]


def restore_text(rules: str, thresholds: str) -> str:
    """The rules in their order, destinations with their thresholds."""
    return "".join(text for _, text in numbered(rules, thresholds))


def numbered(rules: str, thresholds: str) -> list[tuple[int, str]]:
    """The lines of `restore_text` with the number that each has in the rules."""
    limits = read_thresholds(thresholds)
    lines = [(number, line.strip()) for number, line in enumerate(rules.splitlines(), 1)]
    return [(number, f"{_with_limits(line, limits)}\n") for number, line in lines if line and not line.startswith("#")]


def read_thresholds(listing: str) -> Limits:
    """Upper and lower thresholds by service and destination, from `ipvsadm -Ln --thresholds`."""
    found: Limits = {}
    service = ""
    for line in listing.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] in ("TCP", "UDP", "SCTP", "FWM"):
            service = words[1]
        elif len(words) >= 4 and words[0] == "->" and words[2].isdigit():
            found[service, words[1]] = words[2], words[3]
    return found


def read_timeouts(listing: str) -> list[str] | None:
    """The three timeouts of `ipvsadm -l --timeout`."""
    found = re.search(r"(\d+)\s+(\d+)\s+(\d+)\s*$", listing.strip())
    return list(found.groups()) if found else None


def _with_limits(line: str, limits: Limits) -> str:
    found = re.search(r"^(?:-a|--add-server)\s.*?(?:-[tuf]|--\w+-service)\s+(\S+).*?(?:-r|--real-server)\s+(\S+)", line)
    upper, lower = limits.get((found[1], found[2]), ("0", "0")) if found else ("0", "0")
    return line if upper == lower == "0" else f"{line} -x {upper} -y {lower}"
