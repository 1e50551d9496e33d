"""Each path rule is proven where everything is known, and its witness dies on replay as the finding says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvsconf import snapshot
from lvsconf.findings import Certainty
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.lint import registry
from lvsconf.lint.runner import lint
from lvsconf.model.host import Role
from lvsconf.packets.packet import parse_list

TOP = Path(__file__).resolve().parents[2]
GROUND = TOP / "samples" / "tesink"
PATH_RULES = [code for code in registry.codes() if code >= "LVS1" and not code.startswith("LVS2")]
"""Those of chains on their own have their proof in the rules: tests/questions/test_chain_sets.py."""
EXAMPLES = [(code, example) for code in PATH_RULES for example in registry.documentation(code).bad]
MARKER = "   # <- "


def on_known_ground(code: str, example: registry.Example, folder: Path) -> snapshot.HostInput:
    """The example's files in the place of a whole director's."""
    for path in GROUND.iterdir():
        (folder / path.name).write_text(path.read_text())
    if "ip-address.json" in example.inputs:
        (folder / "ip-route.json").unlink()
    for name, text in example.inputs.items():
        plain = "\n".join(line.split(MARKER)[0] for line in text.splitlines()) + "\n"
        if name == "sysctl.conf":
            plain = (GROUND / name).read_text() + plain
            if "ip_forward = 1" in plain.replace("net.ipv4.ip_forward = 0", ""):
                plain += "".join(f"net.ipv4.conf.{device}.forwarding = 1\n" for device in ("all", "eth0", "eth1"))
        (folder / name).write_text(plain)
    groups, _ = snapshot.gather([str(folder)])
    return snapshot.assemble(groups[0], role=Role(example.options.get("role", "master")))


@pytest.mark.parametrize(("code", "example"), EXAMPLES, ids=[f"{code}-{example.name}" for code, example in EXAMPLES])
def test_proven_with_a_witness(code: str, example: registry.Example, tmp_path: Path) -> None:
    host = on_known_ground(code, example, tmp_path)
    found = [item for item in lint([host]).findings if item.code == code]
    assert found
    for item in found:
        assert item.certainty is Certainty.PROVEN
        assert not item.assumes
        assert item.witness is not None
        packets = parse_list(json.loads(json.dumps(item.witness.packets)))
        results = outcomes(replay(Kernel(host.host), packets), len(packets))[item.witness.at].outcomes
        assert item.witness.trace in [way.trace for way in results]
