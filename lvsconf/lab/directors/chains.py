"""Random tables: chains, policies, and rules whose matches and targets the features may add to."""

from __future__ import annotations

from types import ModuleType

from lvsconf.lab.directors.draft import CHAINS, SERVERS, VIPS, Draft, Place, Service

SHARES = {"raw": 0.25, "mangle": 0.4, "nat": 0.4, "filter": 1.0}
"""How often a table is loaded at all."""
LENGTHS = {"filter": 4}
"""So many rules at most in a built-in chain; two elsewhere."""
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
FLAG_MATCHES = (
    "-p tcp -m tcp --syn",
    "-p tcp -m tcp ! --syn",
    "-p tcp -m tcp --tcp-flags FIN FIN",
    "-p tcp -m tcp --tcp-flags RST,ACK RST",
)
ICMP_MATCHES = {
    4: ("-p icmp -m icmp --icmp-type 8", "-p icmp -m icmp --icmp-type 3", "-p icmp -m icmp --icmp-type any"),
    6: ("-p icmpv6 -m icmp6 --icmpv6-type 128", "-p icmpv6 -m icmp6 --icmpv6-type 1"),
}
PROTOCOLS = {4: ("tcp", "udp", "icmp", "4"), 6: ("tcp", "udp", "icmpv6", "41")}
TARGETS = {
    "raw": ("-j CT --notrack", "-j NOTRACK", "-j ACCEPT", "-j RETURN"),
    "mangle": (
        "-j MARK --set-xmark 0x7/0xffffffff",
        "-j MARK --set-xmark 0x7/0xffffffff",
        "-j MARK --or-mark 0x1",
        "-j ACCEPT",
        "-j RETURN",
        "-j DROP",
    ),
    "nat": ("-j ACCEPT", "-j RETURN", ""),
    "filter": (
        *("-j ACCEPT", "-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j RETURN", "-j LOG", ""),
        "-j REJECT --reject-with REFUSAL",
        "-j REJECT --reject-with REFUSAL",
    ),
}
REFUSALS = {
    4: ("icmp-port-unreachable", "icmp-host-prohibited"),
    6: ("icmp6-port-unreachable", "icmp6-adm-prohibited"),
}
INCOMING, LEAVING = ("PREROUTING", "INPUT", "FORWARD"), ("OUTPUT", "FORWARD", "POSTROUTING")


def fill(draft: Draft, family: int, parts: list[ModuleType]) -> None:
    """Random tables of one family, in every third draft without anything that drops."""
    pick = draft.random
    draft.lenient = draft.chance(0.35)
    for table, names in CHAINS.items():
        if not draft.chance(SHARES.get(table, 0.0)):
            continue
        policies = draft.table(table, family)
        for name in names:
            strict = table == "filter" and not draft.lenient and draft.chance(0.3)
            policies[name] = "DROP" if strict else "ACCEPT"
        users = ["U0", "U1"] if table == "filter" and draft.chance(0.5) else []
        policies |= dict.fromkeys(users, "-")
        for name in names:
            for _ in range(pick.randint(0, LENGTHS.get(table, 2))):
                draft.rule(table, _rule(draft, Place(family, table, name), users, parts), family)
        for depth, name in enumerate(users):
            for _ in range(pick.randint(0, 3)):
                draft.rule(table, _rule(draft, Place(family, table, name), users[depth + 1 :], parts), family)


def _rule(draft: Draft, place: Place, users: list[str], parts: list[ModuleType]) -> str:
    target = _target(draft, place, users, parts)
    if target.startswith("-j REJECT --reject-with tcp-reset"):
        words = ["-p tcp"]
    else:
        words = _matches(draft, place)
        for part in parts:
            words += part.matches(draft, place) if hasattr(part, "matches") else []
    return " ".join(["-A", place.chain, *(word for word in [*words, target] if word)])


def _matches(draft: Draft, place: Place) -> list[str]:
    pick, words = draft.random, []
    service = _spoken_of(draft, place.family)
    clients = draft.clients[place.family]
    inner = "2001:db8:10::/64" if place.family == 6 else "10.0.0.0/24"
    if draft.chance(0.2):
        words.append(f"-s {pick.choice([*clients, inner, service.vip])}")
    if draft.chance(0.3):
        target = pick.choice([service.vip, service.vip, *service.servers, inner, *clients])
        words.append(f"{pick.choice(['', '! '])}-d {target}")
    if place.chain in INCOMING and draft.chance(0.2):
        words.append(f"-i {pick.choice(['eth0', 'eth1', 'eth+', 'lo'])}")
    if place.chain in LEAVING and draft.chance(0.2):
        words.append(f"-o {pick.choice(['eth0', 'eth1', 'lo'])}")
    words.append(_protocol(draft, place, service))
    if draft.chance(0.5):
        states = ",".join(pick.sample(STATES, pick.randint(1, 3)))
        form = pick.choice(["-m state --state {}", "-m conntrack --ctstate {}", "-m conntrack ! --ctstate {}"])
        words.append(form.format(states))
    if draft.chance(0.1):
        words.append(f"-m mark {pick.choice(['', '! '])}--mark {pick.choice(['0x7', '0x1/0x1'])}")
    if draft.chance(0.05):
        words.append('-m comment --comment "a comment"')
    return words


def _spoken_of(draft: Draft, family: int) -> Service:
    """A service that rules of a family may be about, there or not."""
    here = draft.of(("tcp", "udp"), family)
    vip, servers = ("2001:db8::100", ["2001:db8:10::2"]) if family == 6 else (VIPS[0], list(SERVERS[:1]))
    return draft.random.choice(here) if here else Service("tcp", vip, 80, "m", servers, [80])


def _protocol(draft: Draft, place: Place, service: Service) -> str:
    pick, proto, port = draft.random, service.proto, service.port
    kind = pick.choice(["none", "none", "proto", "port", "port", "flags", "icmp", "multiport"])
    if kind == "proto":
        return f"-p {pick.choice(PROTOCOLS[place.family])}"
    if kind == "port":
        option, value = pick.choice(["dport", "dport", "sport"]), pick.choice([port, 8080, "1024:65535"])
        return f"-p {proto} -m {proto} --{option} {value}"
    if kind == "multiport":
        return f"-p {proto} -m multiport --{pick.choice(['dports', 'sports', 'ports'])} {port},8080,53"
    if kind == "flags":
        return pick.choice(FLAG_MATCHES)
    return pick.choice(ICMP_MATCHES[place.family]) if kind == "icmp" else ""


def _target(draft: Draft, place: Place, users: list[str], parts: list[ModuleType]) -> str:
    pick = draft.random
    choices = list(TARGETS.get(place.table, ("-j ACCEPT",)))
    for part in parts:
        choices += part.targets(draft, place) if hasattr(part, "targets") else []
    if draft.lenient:
        choices = [each for each in choices if not each.startswith(("-j DROP", "-j REJECT"))]
    for name in users:
        choices += [f"-{pick.choice('jjg')} {name}"] * 2
    return pick.choice(choices).replace("REFUSAL", pick.choice(REFUSALS[place.family]))
