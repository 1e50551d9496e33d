"""Cases read back as they were written, and compare as they did."""

from __future__ import annotations

from pathlib import Path

from lvsconf.lab.cases import Case, host_of
from lvsconf.lab.compare import compare, fits, ways
from lvsconf.lab.fuzz import Tally, disagreement
from lvsconf.lab.replay import Scenario
from tests.kernel.drawn import usual

LEFT = {"dev": "eth9", "next_hop": "192.0.2.9", "src": "192.0.2.9", "dst": "192.0.2.9", "ttl": 9, "proto": 99}


def engines_own(seed: int) -> Case:
    """A case in which the kernel did what the engine says."""
    made = usual(seed)
    found = ways(host_of(made.files, "6.1.0"), made.packets)
    packets = [{"outcomes": [{"fate": way[0].fate, "trace": way[0].trace, "egress": way[0].egress}]} for way in found]
    return Case.of(Scenario(made.files, made.packets), "6.1.0", {"packets": packets}, {"seed": seed})


def test_a_folder_reads_back(tmp_path: Path) -> None:
    for seed in range(5):
        case = engines_own(seed)
        case.write(tmp_path / str(seed))
        back = Case.read(tmp_path / str(seed))
        assert (back.packets, back.reals, back.release, back.about) == (
            case.packets,
            case.reals,
            case.release,
            case.about,
        )
        assert {name: text.strip() for name, text in back.files.items()} == {
            name: text.strip() for name, text in case.files.items()
        }
        assert all(each.agrees for each in back.compare())


def test_every_difference_shows() -> None:
    case = engines_own(5)
    for number, real in enumerate(case.reals):
        for key, value in (("egress", [LEFT]), ("trace", ["raw:OUTPUT:policy:1 IN= OUT= SRC=::1 DST=::1"])):
            reals = [*case.reals[:number], {**real, key: value}, *case.reals[number + 1 :]]
            compared = compare(host_of(case.files, "6.1.0"), case.packets, reals)
            assert [each.agrees for each in compared] == [n != number for n in range(len(reals))]
            text = disagreement(Case(case.files, case.packets, "6.1.0", reals))
            assert text is not None
            assert text.startswith(f"packet {number}: ")


def test_what_the_engine_loses_sight_of_is_unknown() -> None:
    files = {name: text for name, text in usual(5).files.items() if name not in ("iptables.rules", "sysctl.conf")}
    packets = usual(5).packets
    real = engines_own(5).reals
    tally = Tally()
    tally.count(compare(host_of(files, "6.1.0"), packets, real))
    assert tally.unknown > 0
    (lost,) = {way.fate for each in ways(host_of(files, "6.1.0"), packets) for way in each if way.fate is None}
    assert lost is None
    way = next(way for each in ways(host_of(files, "6.1.0"), packets) for way in each if way.fate is None)
    assert fits(way, {"fate": "dropped", "trace": [*way.trace, "more"], "egress": list(way.egress)})
    assert not way.trace or not fits(way, {"fate": "dropped", "trace": ["other"], "egress": []})
