"""vrrp_instance, vrrp_sync_group and static_ipaddress (vrrp_parser.c; vrrp.c, vrrp_complete_instance)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from lvsconf.findings import Problem
from lvsconf.languages.keepalived import values
from lvsconf.languages.keepalived.addresses import LONGEST_NAME, AddressError, read_address
from lvsconf.languages.keepalived.tree import Statement
from lvsconf.model.vrrp import SyncGroup, VirtualAddress, Vrrp, VrrpInstance
from lvsconf.source import Span

PRIORITY = 100
OWNER = 255
LONGEST_PASSWORD = 8
"""VRRPv2 has room for so many characters."""


@dataclass(slots=True)
class _Open:
    """An instance while it is read."""

    name: str
    span: Span
    said: dict[str, Statement] = field(default_factory=dict)
    addresses: list[VirtualAddress] = field(default_factory=list)
    advertised: int = 0
    family: int | None = None
    tracks: set[str] = field(default_factory=set)
    complete: bool = True


class VrrpReader:
    """Reads all of VRRP. `gaps` are where something is not known."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.gaps: list[Span] = []
        self._instances: dict[str, VrrpInstance] = {}
        self._groups: dict[str, SyncGroup] = {}
        self._static: list[VirtualAddress] = []
        self._tracked: set[str] = set()

    def _problem(self, code: str, message: str, span: Span, help_text: str = "") -> None:
        self.problems.append(Problem(code, message, span, help=help_text))

    def read(self, top: Statement) -> Vrrp:
        """Everything about VRRP outside all blocks."""
        defaults = {each.name: each for block in _named(top, "global_defs") for each in block.body if each.usable}
        version = _number(defaults.get("vrrp_version"), 2)
        for each in _named(top, "static_ipaddress"):
            self._static += self._addresses(each, static=True)
        for each in _named(top, "vrrp_instance"):
            if each.usable:
                self._instance(each, version, strict="vrrp_strict" in defaults)
        for each in _named(top, "vrrp_sync_group"):
            if each.usable:
                self._group(each)
        for each in (*_named(top, "vrrp_instance"), *_named(top, "vrrp_sync_group")):
            self._tracks(each, top)
        self._scripts(top)
        return Vrrp(tuple(self._instances.values()), tuple(self._groups.values()), tuple(self._static))

    # -- instances ---------------------------------------------------------------------------------------------------

    def _instance(self, statement: Statement, version: int, *, strict: bool) -> None:
        name = statement.value() or ""
        if name in self._instances:
            self._problem(
                "LVS053", f"there is an instance `{name[:80]}` already: keepalived skips this one", statement.span
            )
            return
        reading = _Open(name, statement.span)
        for each in statement.body:
            if not each.known:
                reading.complete = False
                self.gaps.append(each.span)
            if each.condition is None and each.usable:
                self._statement(each, reading)
        instance = self._finished(reading)
        self._whole(reading, instance, _number(reading.said.get("version"), version), strict=strict)
        self._instances[name] = instance

    def _statement(self, statement: Statement, reading: _Open) -> None:
        name = statement.name
        if name in ("virtual_ipaddress", "virtual_ipaddress_excluded"):
            self._virtual(statement, reading, excluded=name.endswith("_excluded"))
        elif name == "interface" and len(statement.value() or "") > LONGEST_NAME:
            message = f"the name of an interface has {LONGEST_NAME} characters at most"
            self._problem("LVS052", message, statement.words[1].span)
        elif name == "state" and "state" in reading.said and statement.value() == "BACKUP":
            if reading.said["state"].value() == "MASTER":
                self._problem("LVS053", "the state is MASTER already: keepalived ignores this one", statement.span)
        elif name == "preempt":
            reading.said.pop("nopreempt", None)
        elif name == "authentication":
            for each in statement.body:
                if each.usable:
                    reading.said[each.name] = each
            self._password(reading.said.get("auth_pass"))
        else:
            reading.said[name] = statement

    def _password(self, statement: Statement | None) -> None:
        if statement is not None and len(statement.value() or "") > LONGEST_PASSWORD and statement.known:
            message = f"a password has {LONGEST_PASSWORD} characters: keepalived cuts off the rest"
            self._problem("LVS053", message, statement.words[0].span)

    def _virtual(self, statement: Statement, reading: _Open, *, excluded: bool) -> None:
        for address in self._addresses(statement, excluded=excluded):
            version = address.address.version
            if not excluded:
                if reading.family not in (None, version) and address.span is not None:
                    message = f"the addresses before it are IPv{reading.family}: keepalived ignores this one"
                    self._problem("LVS053", message, address.span, "put it into virtual_ipaddress_excluded")
                    continue
                reading.family = version
                reading.advertised += 1
            reading.addresses.append(address)

    def _addresses(
        self, statement: Statement, *, static: bool = False, excluded: bool = False
    ) -> Iterator[VirtualAddress]:
        for line in statement.body:
            if not line.known or statement.condition is not None:
                self.gaps.append(line.span)
                unknown = next((word for word in line.words if not word.known), None)
                if unknown is not None:
                    self._problem("LVS054", f"what `{unknown.text[:80]}` stands for is not known", unknown.span)
                continue
            try:
                address, complaints = read_address(line, static=static, excluded=excluded)
            except AddressError as error:
                self._problem("LVS052", f"{error}: keepalived skips it", line.words[error.index].span, error.help)
                continue
            for each in complaints:
                self._problem("LVS052", each.message, line.words[each.index].span, each.help)
            yield address

    def _finished(self, reading: _Open) -> VrrpInstance:
        said = reading.said
        state = said["state"].value() if "state" in said else None
        given = _number(said.get("priority"), 0)
        priority = given or (OWNER if state == "MASTER" else PRIORITY)
        vmac = None
        if "use_vmac" in said:
            names = [word.text for word in said["use_vmac"].words[1:3] if ":" not in word.text]
            vmac = names[0] if names else f"vrrp.{_number(said.get('virtual_router_id'), 0)}"
        interface = said["interface"].value() if "interface" in said else None
        router = _number(said.get("virtual_router_id"), 0) or None
        addresses = tuple(replace(each, device=each.device or vmac or interface) for each in reading.addresses)
        master = state == "MASTER" or (state is None and priority == OWNER)
        preempt = "nopreempt" not in said
        return VrrpInstance(
            reading.name, interface, router, master, priority, preempt, vmac, addresses, reading.span
        )  # fmt: skip

    def _whole(self, reading: _Open, instance: VrrpInstance, version: int, *, strict: bool) -> None:
        """What an instance lacks, and what of it does not go together."""
        if not reading.complete:
            return
        said = reading.said
        span = reading.span
        unicast = "unicast_peer" in said
        if instance.router_id is None:
            self._problem("LVS053", "the instance has no virtual_router_id", span)
        if instance.interface is None and not unicast:
            self._problem("LVS053", "the instance has no interface", span)
        if not reading.advertised:
            self._problem("LVS053", "the instance has no virtual_ipaddress", span)
        self._interval(said.get("advert_int"), 3 if reading.family == 6 and "version" not in said else version)
        if "auth_type" in said:
            if version == 3 or reading.family == 6 or strict:
                why = "strict mode" if strict else "VRRP version 3"
                self._problem("LVS053", f"{why} has no authentication: keepalived ignores it", said["auth_type"].span)
            elif "auth_pass" not in said:
                self._problem("LVS053", "the authentication has no password", said["auth_type"].span)
            elif said["auth_type"].value() == "AH" and instance.master and instance.priority != OWNER:
                message = "with AH an instance can't begin as MASTER: keepalived takes BACKUP"
                self._problem("LVS053", message, said["auth_type"].span)
        if "nopreempt" in said and (instance.master or instance.priority == OWNER):
            message = "nopreempt does not work with the initial state MASTER: keepalived clears it"
            self._problem("LVS053", message, said["nopreempt"].span, "write `state BACKUP` on both directors")
        delay = said.get("preempt_delay")
        if delay is not None and (delay.value() or "0").strip("0.") and (instance.master or not instance.preempt):
            why = "the initial state MASTER" if instance.master else "nopreempt"
            self._problem("LVS053", f"preempt_delay does not work with {why}", delay.span)
        for other in self._instances.values():
            if not unicast and _same_router(instance, other, reading.family):
                message = (
                    f"the instance `{other.name[:80]}` has virtual router {instance.router_id} on this interface too"
                )
                self._problem("LVS053", message, said["virtual_router_id"].span)

    def _interval(self, statement: Statement | None, version: int) -> None:
        """VRRPv2 has room for whole seconds, VRRPv3 for 12 bits of hundredths."""
        if statement is None:
            return
        interval = Decimal(f"0{statement.value()}")
        unit, most = (1, 255) if version == 2 else (Decimal("0.01"), Decimal("40.95"))
        if interval % unit or interval > most:
            message = f"VRRP version {version} sends every {unit} to {most} seconds: keepalived rounds this"
            self._problem("LVS053", message, statement.span)

    # -- groups, and what is tracked ---------------------------------------------------------------------------------

    def _group(self, statement: Statement) -> None:
        name = statement.value() or ""
        if name in self._groups:
            self._problem("LVS053", f"there is a sync group `{name[:80]}` already", statement.span)
            return
        words = [word for each in _named(statement, "group") for line in each.body for word in line.words]
        known = [word for word in words if word.known]
        for word in known:
            if word.text not in self._instances and not self.gaps:
                self._problem("LVS053", f"there is no instance `{word.text[:80]}`", word.span)
        members = tuple(word.text for word in known if word.text in self._instances)
        self._groups[name] = SyncGroup(name, members, statement.span)
        if len(known) == len(words) and len(members) < 2 and not self.gaps:
            count = "one instance" if members else "no instances"
            self._problem("LVS053", f"a sync group of {count} has no effect", statement.span)

    def _tracks(self, statement: Statement, top: Statement) -> None:
        scripts = {each.value() for each in _named(top, "vrrp_script")}
        for block in statement.body:
            if block.rule is None or block.rule.lines != "weighted":
                continue
            for line in block.body:
                self._weighted(line)
                if block.name == "track_script":
                    self._tracked.add(line.name)
                    if line.name not in scripts and line.known:
                        message = f"there is no vrrp_script `{line.name[:80]}`"
                        self._problem("LVS053", message, line.words[0].span)

    def _weighted(self, line: Statement) -> None:
        """`NAME [weight NUMBER [reverse]]`."""
        words = [word.text for word in line.words]
        if len(words) < 2 or not line.known:
            return
        if words[1] != "weight":
            if words[1:] != ["reverse"]:
                self._problem("LVS052", f"`{words[1][:80]}` can't stand here", line.words[1].span, "expected `weight`")
            return
        if len(words) == 2:
            self._problem("LVS052", "`weight` needs a number", line.words[1].span)
            return
        try:
            values.integer(words[2], -253, 253)
        except ValueError as error:
            self._problem("LVS052", f"`{words[2][:80]}` is no weight", line.words[2].span, str(error))

    def _scripts(self, top: Statement) -> None:
        for each in _named(top, "vrrp_script"):
            if not each.known or not each.usable:
                continue
            if not any(inside.name == "script" for inside in each.body):
                self._problem("LVS053", "this vrrp_script has no `script`: keepalived drops it", each.span)
            elif each.value() not in self._tracked:
                self._problem("LVS053", f"no track_script names `{(each.value() or '')[:80]}`", each.span)


def _named(block: Statement, name: str) -> Iterable[Statement]:
    return (each for each in block.body if each.name == name)


def _number(statement: Statement | None, otherwise: int) -> int:
    if statement is None or not statement.known:
        return otherwise
    return int(statement.value() or otherwise)


def _same_router(one: VrrpInstance, other: VrrpInstance, family: int | None) -> bool:
    families = {each.address.version for each in other.addresses if not each.excluded} or {4}
    here = (one.router_id, one.interface) == (other.router_id, other.interface)
    return here and one.router_id is not None and (family or 4) in families
