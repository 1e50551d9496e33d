"""What is different between two configurations, in words, each with the packets concerned and one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from lvsconf.kernel.chains import LoadedTable
from lvsconf.kernel.ends import End, Place
from lvsconf.kernel.families import FAMILIES, Family
from lvsconf.kernel.host import Kernel
from lvsconf.model.fields import CT_STATE, MARK, OIF, CtState, Field, interface_name
from lvsconf.model.host import Host
from lvsconf.model.netfilter import Table
from lvsconf.packets.occurring import occurring
from lvsconf.packets.packet_set import Bits, PacketSet, Seen
from lvsconf.packets.space import Space
from lvsconf.packets.witness import witness
from lvsconf.packets.words import FIELD_NAMES
from lvsconf.questions.arriving import arriving
from lvsconf.questions.chain_changes import Change, Fate, NotCompared, chain_changes
from lvsconf.questions.edits import Compared, Edit
from lvsconf.questions.facts import alike
from lvsconf.questions.packets_of import packet_of
from lvsconf.questions.service_changes import GroupChange, ServiceChanges

EDITS = 3
"""So many edits of a table are named as the cause of what changed in it."""
_VERDICTS = {
    "ACCEPT": "accepted",
    "DROP": "dropped",
    "QUEUE": "queued",
    "NAT": "translated",
    "?": "unknown",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Packets that fare otherwise. `service` is the name of the service they ask for, None where they are any.

    `place` is where they were looked at, `cause` what was edited, if that can be said in a few words, `decides` what
    decides now, and before; `by_chain`: they went through a chain alone, and `before` and `after` do not tell what
    decides. `within` are all packets that might have been concerned. `witness` is in the form of the findings' one.
    """

    service: str | None
    place: str
    family: int
    before: str
    after: str
    cause: str
    decides: str
    certain: bool
    space: Space
    packets: PacketSet
    within: PacketSet
    witness: Mapping[str, Any]
    by_chain: bool = False


def differences(old: Kernel, new: Kernel, notes: list[str]) -> Iterator[Difference]:
    """Everything that is different: services first, then what chains make of any packets, then the rest.

    What could not be compared is added to `notes`.
    """
    for family in families_of((old.host, new.host)):
        yield from _of_family(old, new, family, notes)


def _of_family(old: Kernel, new: Kernel, family: Family, notes: list[str]) -> Iterator[Difference]:
    space = Space(family.version)
    compared = cache(
        lambda name: Compared(_table(old.host, family, name), _table(new.host, family, name), family.version)
    )
    other = [name for name in BESIDES if not alike(getattr(old.host, name), getattr(new.host, name))]
    answers = set(other).isdisjoint(ANSWERING)
    before, after = old.net(family).tables, new.net(family).tables
    everything = list(chain_changes(space, before, after, lambda name: compared(name).same if answers else ()))
    changes = [each for each in everything if isinstance(each, Change)]
    lost = [each for each in everything if isinstance(each, NotCompared)]
    notes += [f"{each.table} {each.chain}: its sets of packets grow too large" for each in lost]
    found = ServiceChanges(old, new, family, space)
    for tables in (before, after):
        notes += [note for name in tables for note in _undecided(space, tables[name], compared(name).edits)]
    edited = [str(edit) for name in dict.fromkeys((*before, *after)) for edit in compared(name).edits]
    edited += _settings(old.host, new.host, other)
    cause = "; ".join(edited) if len(edited) <= EDITS else ""
    # What rules make otherwise, if nothing else does.
    touched = None if other or lost else [change.packets for change in changes]
    yield from _joined(_of_group(family, space, change, cause) for change in found.changes(touched, notes))
    for change in changes:
        yield _of_chain(old.host, new.host, family, space, change, compared(change.table).edits)
    if other:
        yield from _joined(_of_group(family, space, change, cause) for change in found.besides(notes))


def _undecided(space: Space, table: LoadedTable, edited: Iterable[Edit]) -> Iterator[str]:
    """Edits of rules that match nobody knows what: packets may fare otherwise though their ends are the same."""
    spans = {span: edit for edit in edited for span in (edit.before, edit.after) if span is not None}
    for chain in table.chains.values() if spans else ():
        for rule in chain.rules:
            edit = spans.get(rule.rule.span) if rule.rule is not None and rule.rule.span is not None else None
            if edit is None:
                continue
            some, most = space.bounds(rule.pred)
            if some != most:
                yield f"what this rule matches can't be decided: {edit}"


def _settings(old: Host, new: Host, other: Iterable[str]) -> Iterator[str]:
    """What else is not the same: settings by their values, the parts in `other` by their names."""
    before, after = ({key: item.value for key, item in (host.sysctl or {}).items()} for host in (old, new))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield f"{key} is {after.get(key, 'not given')}, was {before.get(key, 'not given')}"
    yield from (f"other {name.replace('_', ' ')}" for name in other if name != "sysctl")
    if not alike(old.services, new.services):
        yield "other services"


ANSWERING = ("sets", "interfaces", "routes", "routing_rules", "sockets")
"""What answers the questions of rules."""
BESIDES = (*ANSWERING, "sysctl", "kernel", "timeouts", "daemons", "modules", "role")
"""What else decides what becomes of packets, besides rules and services."""


def _of_group(family: Family, space: Space, change: GroupChange, cause: str) -> Difference:
    decides = [ending.cause for group in (change.after, change.before) for ending in group.endings if ending.cause]
    return Difference(
        service=change.service,
        place=change.place,
        family=family.version,
        before=str(change.before),
        after=str(change.after),
        cause=cause,
        decides=" and ".join(dict.fromkeys(decides)),
        certain=change.before.certain and change.after.certain,
        space=space,
        packets=change.after.packets,
        within=change.within,
        witness=change.after.shown.described,
    )


def _joined(found: Iterable[Difference]) -> list[Difference]:
    """One for all clients of a service that fare alike."""
    kept: dict[tuple[str, str, str], Difference] = {}
    for each in found:
        key = (each.place, each.before, each.after)
        first = kept.get(key)
        kept[key] = (
            each
            if first is None
            else replace(first, packets=first.packets | each.packets, within=first.within | each.within)
        )
    return list(kept.values())


def _table(host: Host, family: Family, name: str) -> Table | None:
    ruleset = host.rules.get(family.version)
    return ruleset.tables.get(name) if ruleset is not None else None


def _of_chain(
    old: Host, new: Host, family: Family, space: Space, change: Change, edited: tuple[Edit, ...]
) -> Difference:
    within = arriving(space, change.table, change.chain) & occurring(space)
    shown = witness(space, change.packets & within or change.packets)
    decides = [_deciding(host, family, change, fate) for host, fate in ((new, change.after), (old, change.before))]
    return Difference(
        service=None,
        place=f"{change.table} {change.chain}",
        family=family.version,
        before=fate_words(change.before, family),
        after=fate_words(change.after, family),
        cause="; ".join(map(str, edited)) if 0 < len(edited) <= EDITS else "",
        decides=f"{decides[0]}; before {decides[1]}",
        certain=change.certain,
        space=space,
        packets=change.packets,
        within=within,
        witness=shown_packet(family, shown),
        by_chain=True,
    )


def fate_words(fate: Fate, family: Family) -> str:
    """How packets end, in words: `accepted`, `dropped or accepted with mark 0x1`."""
    return " or ".join(dict.fromkeys(end_words(end, family) for end in fate.ends)) or "unknown"


def end_words(end: End, family: Family) -> str:
    """One end in words."""
    verdict, _, answer = end.verdict.partition(" ")
    text = f"rejected with {answer}" if verdict == "REJECT" else _VERDICTS[verdict]
    if end.nat is not None:
        text = f"{text} to {_target(end, family)}"
    changes = [_changed(what, seen) for what, seen in end.changed] if end.passes else []
    return " ".join([text, *(["with"] if changes else []), ", ".join(changes)]).strip()


def _target(end: End, family: Family) -> str:
    nat = end.nat
    if nat is None or (nat.addresses is None and nat.ports is None):
        return "another address" if nat is None else nat.to.value
    found = ""
    if nat.addresses is not None:
        found = "-".join(dict.fromkeys(family.text(address) for address in nat.addresses))
    if nat.ports is not None:
        found += f" port {'-'.join(dict.fromkeys(map(str, nat.ports)))}"
    return found.strip()


def _changed(what: Field, seen: Seen) -> str:
    name = FIELD_NAMES.get(what, what.name)
    if what is CT_STATE and isinstance(seen, int):
        return f"state {CtState(seen).name}"
    if seen is None:
        return f"another {name}"
    if isinstance(seen, Bits):
        return f"{name} {seen.change:#x}/{what.full & ~seen.mask:#x}"
    return f"{name} {seen:#x}" if what is MARK else f"{name} {seen}"


def _deciding(host: Host, family: Family, change: Change, fate: Fate) -> str:
    """The rules that decide, with their lines; the policy; or that there are many."""
    if not fate.places:
        return "many rules"
    return " or ".join(place_words(host, family, change.table, place) for place in fate.places[:3])


def place_words(host: Host, family: Family, table: str, place: Place) -> str:
    """A place in words, with its line."""
    known = _table(host, family, table)
    chain = known.chains.get(place.chain) if known is not None else None
    span = None
    if chain is not None:
        span = chain.rules[place.number - 1].span if place.number else chain.span
    words = f"{place.chain} rule {place.number}" if place.number else f"policy of {place.chain}"
    return f"{words} ({span.file}:{span.line})" if span is not None else words


def shown_packet(family: Family, values: Mapping[Field, int]) -> dict[str, Any]:
    """One of the packets, as it comes to the chain."""
    found: dict[str, Any] = {"packets": [packet_of(family, values)], "at": 0, "trace": []}
    if values.get(OIF):
        found["out"] = interface_name(values[OIF])
    if CT_STATE in values:
        found["state"] = CtState(values[CT_STATE]).name
    if values.get(MARK):
        found["mark"] = values[MARK]
    return found


def families_of(hosts: Iterable[Host]) -> tuple[Family, ...]:
    """The families that hosts have rules or services of."""
    versions = {version for host in hosts for version in host.rules}
    return tuple(FAMILIES[version] for version in sorted(versions or {4}))
