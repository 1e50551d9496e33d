"""What `explain` shows of kernel settings and of iptables' matches and targets, as text and as data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from lvsconf.extensions import registry
from lvsconf.extensions.names import protocol_name
from lvsconf.extensions.options import MatchModule, Option, TargetModule
from lvsconf.languages.sysctl.table import Key, newest_without

WIDTH = 80
_NAME_WIDTH = 26

_VALUES = {
    "flag": "a number: 0 is off, any other on",
    "integer": "a number",
    "power": "a power of two, 1 or more",
    "threshold": "two numbers, the first below the second, or a second of 0",
    "seconds": "seconds",
    "unsigned": "a number without a sign",
    "cpus": "a list of processors such as 0-3,5",
}
_COMBINE = {
    "max": "of conf.all and the interface's own value the larger counts",
    "or": "on where conf.all or the interface has it on",
    "device": "the interface's own value counts; setting conf.all sets all of them",
}


def prose(text: str, indent: str = "  ") -> Iterator[str]:
    """Paragraphs, filled to the width."""
    for index, paragraph in enumerate(text.strip().split("\n\n")):
        if index:
            yield ""
        yield from textwrap.wrap(
            paragraph, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        )


def setting_page(name: str, key: Key) -> Iterator[str]:
    """The lines that explain a setting."""
    yield name
    yield ""
    yield from prose(key.effect)
    yield ""
    facts = {
        "takes": _takes(key),
        "default": _default(key),
        "interfaces": _COMBINE.get(key.combine or "", ""),
        "kernels": _kernels(key),
        "source": key.source,
    }
    yield from _facts(facts)


def setting_data(name: str, key: Key) -> dict[str, object]:
    """A setting as JSON data; what is not known is null."""
    return {
        "key": name,
        "effect": key.effect,
        "values": key.values,
        "range": None if key.low is None else [key.low, key.high],
        "default": list(key.default) if isinstance(key.default, tuple) else key.default,
        "combine": key.combine,
        "first": key.first,
        "last": key.last,
        "source": key.source,
    }


def _takes(key: Key) -> str:
    return _VALUES[key.values] + ("" if key.low is None else f" from {key.low} to {key.high}")


def _default(key: Key) -> str:
    if key.default is None:
        return "" if key.last else "depends on the kernel or the machine"
    return " ".join(map(str, key.default)) if isinstance(key.default, tuple) else str(key.default)


def _kernels(key: Key) -> str:
    if key.last is not None:
        return f"{key.last} only" if key.last == key.first else f"up to {key.last}"
    before = newest_without(key)
    return f"from {key.first} on at the latest; not yet {before}" if before is not None else ""


def module_page(module: MatchModule | TargetModule) -> Iterator[str]:
    """The lines that explain a match or a target."""
    yield from prose(f"{_call(module)}: {_about(module)}", "")
    yield ""
    yield from _facts(
        {
            "families": " and ".join(f"IPv{family}" for family in sorted(module.families)),
            "needs": " or ".join(f"-p {name}" for name in _protocols(module)),
            "tables": ", ".join(sorted(module.tables)) or "any",
            "chains": ", ".join(sorted(module.chains)) + " and what they jump to" if module.chains else "any",
            "conntrack": "a rule with it switches connection tracking on" if module.conntrack else "",
            "lvsconf": _known(module),
        }
    )
    if module.options:
        yield ""
        yield "  Options (! where it can be negated):"
        width = min(_NAME_WIDTH, max(len(_names(option)) for option in module.options))
        for option in module.options:
            yield from _option(option, width)


def module_data(module: MatchModule | TargetModule) -> dict[str, object]:
    """A match or a target as JSON data; empty lists of tables and chains are all."""
    return {
        "name": module.name,
        "kind": "match" if isinstance(module, MatchModule) else "target",
        "about": _about(module),
        "families": sorted(module.families),
        "protocols": list(_protocols(module)),
        "tables": sorted(module.tables),
        "chains": sorted(module.chains),
        "conntrack": module.conntrack,
        "modelled": _modelled(module),
        "options": [
            {
                "name": f"--{option.name}",
                "aliases": [f"--{alias}" for alias in option.aliases],
                "words": option.codec.words,
                "optional": option.codec.optional,
                "expects": option.codec.expects if option.codec.words else None,
                "negatable": option.invert,
                "required": option.required,
            }
            for option in module.options
        ],
    }


def _call(module: MatchModule | TargetModule) -> str:
    return f"-m {module.name}" if isinstance(module, MatchModule) else f"-j {module.name}"


def _about(module: MatchModule | TargetModule) -> str:
    """The first line of its file, without the name that it begins with."""
    return registry.about(module).removeprefix(f"`{_call(module)}`").lstrip(":, ")


def _protocols(module: MatchModule | TargetModule) -> Iterable[str]:
    return (protocol_name(number) for number in sorted(module.protocols))


def _modelled(module: MatchModule | TargetModule) -> bool:
    return (module.meaning if isinstance(module, MatchModule) else module.effects) is not None


def _known(module: MatchModule | TargetModule) -> str:
    if _modelled(module):
        return "follows packets through it"
    if isinstance(module, MatchModule):
        return "reads and prints it; whether a packet matches counts as unknown"
    return "reads and prints it; what it does to a packet counts as unknown"


def _names(option: Option) -> str:
    return ", ".join(f"--{name}" for name in (option.name, *option.aliases))


def _option(option: Option, width: int) -> Iterator[str]:
    """Name and value side by side; a long name has a line of its own."""
    name = f"  {'!' if option.invert else ' '} {_names(option)}"
    said = [option.codec.expects] if option.codec.words else []
    said += ["or none"] if option.codec.optional else []
    said += ["required"] if option.required else []
    indent = " " * (width + 6)
    lines = textwrap.wrap("; ".join(said), WIDTH, initial_indent=indent, subsequent_indent=indent)
    if len(name) > width + 4:
        yield name
        yield from lines
    elif lines:
        yield f"{name:{width + 6}}{lines[0].lstrip()}"
        yield from lines[1:]
    else:
        yield name


def _facts(facts: dict[str, str]) -> Iterator[str]:
    width = max(map(len, facts))
    for name, text in facts.items():
        if text:
            start = f"  {name}:{' ' * (width - len(name))} "
            yield from textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
