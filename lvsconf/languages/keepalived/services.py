"""virtual_server and real_server: what keepalived puts into the IPVS table while every real server is up.

The order of the statements counts as it does for keepalived: a scheduler's flag needs the scheduler before it
(check_parser.c), what is left out or does not fit is settled at the end (check_data.c, validate_check_config).
"""

from __future__ import annotations

from lvsconf.extensions.addresses import parse_host
from lvsconf.extensions.options import OptionError
from lvsconf.findings import Problem
from lvsconf.languages.keepalived import values
from lvsconf.languages.keepalived.groups import port_of
from lvsconf.languages.keepalived.method import Method, MethodError, method_of
from lvsconf.languages.keepalived.tree import Statement
from lvsconf.languages.keepalived.virtual import Server, Virtual
from lvsconf.model.fields import UDP
from lvsconf.model.ipvs import Address
from lvsconf.source import Span

PERSISTENCE = 360
"""What keepalived takes where persistence has no time (libipvs.h)."""

_PROTOCOLS = {"TCP": 6, "UDP": UDP, "SCTP": 132}
_FLAGS = frozenset({"hashed", "sh-port", "sh-fallback", "mh-port", "mh-fallback"})
_ANY_SCHEDULER = frozenset({"flag-1", "flag-2", "flag-3"})


class ServiceReader:
    """Reads one virtual_server."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, span: Span, help_text: str = "") -> None:
        """Keep a finding."""
        self.problems.append(Problem(code, message, span, help=help_text))

    def read(self, statement: Statement) -> Virtual | None:
        """The service; None when its address is none, or not known: then keepalived, or this reader, skips it."""
        virtual = self._head(statement) if statement.usable else None
        if virtual is None:
            return None
        for each in statement.body:
            if not each.known:
                virtual.complete = False
            elif each.usable:
                if each.name == "real_server":
                    self._real(each, virtual)
                else:
                    self._option(each, virtual)
            elif each.name == "real_server" and each.rule is not None and len(each.words) < 2:
                virtual.complete = False
        self._families(virtual)
        return virtual

    def _head(self, statement: Statement) -> Virtual | None:
        first, second = statement.value(1) or "", statement.value(2)
        virtual = Virtual(statement.span)
        if not all(word.known for word in statement.words[1:3]):
            word = next(each for each in statement.words[1:3] if not each.known)
            self.problem("LVS054", f"what `{word.text[:80]}` stands for is not known", word.span)
            return None
        if first in ("group", "fwmark") and second is None:
            self.problem("LVS052", f"`{first}` needs {'a name' if first == 'group' else 'a number'}", statement.span)
            return None
        if first == "group":
            virtual.group = second
            return virtual
        if first == "fwmark":
            try:
                virtual.mark = values.integer(second or "", 0, values.LARGEST)
            except ValueError as error:
                message = f"`{(second or '')[:80]}` is no firewall mark: keepalived skips the service"
                self.problem("LVS052", message, statement.words[2].span, str(error))
                return None
            return virtual
        found = self._place(statement, "service")
        if found is None:
            return None
        virtual.address, virtual.port = found
        virtual.family = found[0].version
        return virtual

    def _place(self, statement: Statement, what: str) -> tuple[Address, int] | None:
        text = statement.value(1) or ""
        host = text.partition("-")[0].partition("/")[0]
        try:
            address = values.address(host)
        except ValueError:
            message = f"`{text[:80]}` is no address: keepalived skips the {what}"
            self.problem("LVS052", message, statement.words[1].span, "host names are not looked up")
            return None
        port = port_of(statement.value(2))
        if port is None:
            message = f"`{(statement.value(2) or '')[:80]}` is no port: keepalived skips the {what}"
            self.problem("LVS052", message, statement.words[2].span)
            return None
        if host != text:
            self.problem("LVS055", f"keepalived looks at {host} alone here", statement.words[1].span)
        return address, port

    # -- the statements of a virtual_server --------------------------------------------------------------------------

    def _option(self, statement: Statement, virtual: Virtual) -> None:
        name, text = statement.name, statement.value() or ""
        if name in ("lb_algo", "lvs_sched"):
            virtual.scheduler = text
        elif name in ("lb_kind", "lvs_method"):
            virtual.method = self._method(statement) or virtual.method
        elif name == "protocol":
            virtual.protocol = _PROTOCOLS[text.upper()]
        elif name == "ops":
            virtual.one_packet = True
        elif name in _FLAGS or name in _ANY_SCHEDULER:
            self._flag(statement, virtual)
        elif name == "persistence_timeout":
            virtual.persistent = int(text) if text else PERSISTENCE
        elif name == "persistence_engine":
            virtual.engine = text
        elif name == "persistence_granularity":
            self._granularity(statement, virtual)
        elif name in ("quorum", "hysteresis", "weight"):
            setattr(virtual, name, int(text))
        elif name == "inhibit_on_failure":
            virtual.inhibit = True
        elif name == "ha_suspend":
            virtual.ha_suspend = True
        elif name == "ip_family":
            self._family(statement, virtual)
        elif name == "sorry_server":
            found = self._place(statement, "sorry server")
            virtual.sorry = Server(*found, statement.span, virtual.method, 1) if found else virtual.sorry
        elif name in ("sorry_server_inhibit", "sorry_server_lvs_method"):
            self._sorry(statement, virtual)

    def _sorry(self, statement: Statement, virtual: Virtual) -> None:
        if virtual.sorry is None:
            self.problem("LVS053", f"`{statement.name}` needs the sorry_server before it", statement.words[0].span)
        elif statement.name == "sorry_server_inhibit":
            virtual.sorry.inhibit = True
        else:
            virtual.sorry.method = self._method(statement) or virtual.sorry.method

    def _method(self, statement: Statement) -> Method | None:
        try:
            return method_of(statement)
        except MethodError as error:
            span = statement.words[min(error.index, len(statement.words) - 1)].span
            self.problem("LVS052", f"{error}", span, error.help)
            return None

    def _flag(self, statement: Statement, virtual: Virtual) -> None:
        name = statement.name
        if name in _ANY_SCHEDULER or name.partition("-")[0] == virtual.scheduler:
            virtual.flags.add(name)
        elif virtual.scheduler not in ("sh", "mh"):
            message = f"`{name}` has no effect: it needs the scheduler `{name.partition('-')[0]}` before it"
            message = message if name != "hashed" else "`hashed` has no effect"
            self.problem("LVS053", message, statement.words[0].span)
        else:
            message = f"`{name}` has no effect with the scheduler `{virtual.scheduler}`"
            self.problem("LVS055", message, statement.words[0].span)

    def _granularity(self, statement: Statement, virtual: Virtual) -> None:
        text = statement.value() or ""
        family = virtual.family or (4 if "." in text else 6)
        try:
            virtual.netmask = values.integer(text, 1, 128) if family == 6 else parse_host(text, 4)
        except (ValueError, OptionError):
            expected = "a prefix length from 1 to 128" if family == 6 else "a mask such as 255.255.255.0"
            message = f"`{text[:80]}` is no granularity for IPv{family}"
            self.problem("LVS052", message, statement.words[1].span, f"expected {expected}")
            return
        virtual.family = family
        virtual.persistent = virtual.persistent or PERSISTENCE

    def _family(self, statement: Statement, virtual: Virtual) -> None:
        family = 6 if statement.value() == "inet6" else 4
        if virtual.family not in (None, family):
            self.problem("LVS053", f"the service is IPv{virtual.family} already", statement.span)
        else:
            virtual.family = family

    # -- real servers ------------------------------------------------------------------------------------------------

    def _real(self, statement: Statement, virtual: Virtual) -> None:
        found = self._place(statement, "real server")
        if found is None:
            return
        server = Server(*found, statement.span, virtual.method)
        for each in statement.body:
            text = each.value() or ""
            if not each.known:
                virtual.complete = False
            elif not each.usable:
                continue
            elif each.name == "weight":
                server.weight = int(text)
            elif each.name == "lvs_method":
                server.method = self._method(each) or server.method
            elif each.name == "uthreshold":
                server.upper = int(text)
            elif each.name == "lthreshold":
                server.lower = int(text)
            elif each.name == "inhibit_on_failure":
                server.inhibit = text not in ("off", "false", "no")
        if not server.tunnels:
            if virtual.family is None:
                virtual.family = server.address.version
            elif virtual.family != server.address.version:
                message = f"the service is IPv{virtual.family}, this real server is not: keepalived skips it"
                self.problem("LVS053", message, statement.words[1].span)
                return
        virtual.servers.append(server)

    def _families(self, virtual: Virtual) -> None:
        sorry = virtual.sorry
        if sorry is not None and not sorry.tunnels:
            if virtual.family is None:
                virtual.family = sorry.address.version
            elif virtual.family != sorry.address.version:
                message = f"the service is IPv{virtual.family}, this sorry server is not: keepalived skips it"
                self.problem("LVS053", message, sorry.span)
                virtual.sorry = None
        if virtual.family is None and virtual.group is None:
            found = {each.address.version for each in (*virtual.servers, *((sorry,) if sorry else ()))}
            virtual.family = found.pop() if len(found) == 1 else 4
