"""lb_kind and lvs_method: NAT, DR or TUN with the options of a tunnel (check_parser.c, svr_forwarding_handler)."""

from __future__ import annotations

from dataclasses import dataclass

from lvsconf.languages.keepalived import values
from lvsconf.languages.keepalived.tree import Statement
from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipvs import ForwardingMethod

_METHODS = {method.name: method for method in ForwardingMethod}
_TUNNELS = ("ipip", "gue", "gre")
_CHECKSUMS = ("nocsum", "csum", "remcsum")


@dataclass(frozen=True, slots=True)
class Method:
    """A forwarding method with its tunnel."""

    method: ForwardingMethod
    tunnel: str = "ipip"
    port: int | None = None
    checksum: str | None = None


class MethodError(ValueError):
    """A method that keepalived does not take; `index` is the word that is wrong."""

    def __init__(self, message: str, index: int, help_text: str = "") -> None:
        super().__init__(message)
        self.index = index
        self.help = help_text


def method_of(statement: Statement) -> Method:
    """The method; raises MethodError."""
    words = [word.text for word in statement.words]
    method = _METHODS.get(words[1])
    if method is None:
        near = suggestion(words[1].upper(), _METHODS) or "expected NAT, DR or TUN"
        near = f"did you mean `{words[1].upper()}`?" if words[1].upper() in _METHODS else near
        raise MethodError(f"`{words[1][:80]}` is no forwarding method", 1, near)
    tunnel, port, checksum = "ipip", None, None
    index = 2
    while index < len(words):
        word = words[index]
        value = words[index + 1] if index + 1 < len(words) else ""
        if word == "type":
            if value not in _TUNNELS:
                raise MethodError(f"`{value[:80]}` is no type of tunnel", index + 1, "expected ipip, gue or gre")
            tunnel = value
            index += 1
        elif word == "port":
            try:
                port = values.integer(value, 1, 65535)
            except ValueError as error:
                raise MethodError(f"`{value[:80]}` is no port for a tunnel", index + 1, str(error)) from None
            index += 1
        elif word in _CHECKSUMS:
            checksum = word
        else:
            help_text = suggestion(word, ("type", "port", *_CHECKSUMS))
            raise MethodError(f"`{word[:80]}` is no option of a forwarding method", index, help_text)
        index += 1
    if tunnel == "gue" and port is None:
        raise MethodError("a gue tunnel needs a port", 1)
    if tunnel != "gue" and port is not None:
        raise MethodError(f"an {tunnel} tunnel has no port", 1)
    if (tunnel == "ipip" and checksum not in (None, "nocsum")) or (tunnel == "gre" and checksum == "remcsum"):
        raise MethodError(f"an {tunnel} tunnel knows no `{checksum}`", 1)
    return Method(method, tunnel, port, None if tunnel == "ipip" else checksum)
