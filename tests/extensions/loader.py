"""Runs inside a network namespace and reads requests from standard input, see namespace.py."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
from pathlib import Path

NETLINK_NETFILTER = 12
ENCODING = ("utf-8", "surrogateescape")
EMPTY: dict[str, str] = {}
"""What empties each table, but for the rules that are always there: an estimator lives as long as a rule names it."""


def accounting_object(name: str) -> None:
    """What `nfacct add` does: NFNL_MSG_ACCT_NEW with the attribute NFACCT_NAME (linux/netfilter/nfnetlink_acct.h)."""
    value = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(value), 1) + value
    attribute += b"\0" * (-len(attribute) % 4)
    body = struct.pack("=BBH", 0, 0, 0) + attribute
    kind, flags = 7 << 8, 0x1 | 0x4 | 0x400  # the accounting subsystem; request, acknowledge, create
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.bind((0, 0))
        link.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
        link.recv(4096)


def run(arguments: list[str], text: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(arguments, input=text.encode(*ENCODING), capture_output=True, check=False)


def load(tools: dict[str, str], request: dict[str, object]) -> dict[str, object]:
    tables = list(request["tables"])  # type: ignore[call-overload]
    found = run([tools["restore"], *(["-c"] if request["counters"] else [])], str(request["text"]))
    saved: list[str] = []
    if found.returncode == 0:
        for table in tables:
            shown = run([tools["save"], "-t", table, *(["-c"] if request["counters"] else [])])
            if shown.returncode:
                saved.append(f"iptables-save ended with {shown.returncode}")
            saved.extend(shown.stdout.decode(*ENCODING).split("\n"))
    listed = {}
    for table in tables if request["listed"] and found.returncode == 0 else ():
        listed[table] = run([tools["iptables"], "-t", table, "-S", "-v"]).stdout.decode(*ENCODING)
    run([tools["restore"]], "".join(EMPTY[table] for table in tables))
    return {
        "accepted": found.returncode == 0,
        "said": found.stderr.decode(*ENCODING),
        "saved": [line for line in saved if line and line[0] != "#"],
        "listed": listed,
    }


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    setup = json.loads(sys.argv[1])
    tools = setup["tools"]
    for words in setup["sets"]:
        run([tools["ipset"], "create", *words.split()])
    for name in setup["accounts"]:
        accounting_object(name)
    estimators = "".join(
        f"-A INPUT -j RATEEST --rateest-name {name} --rateest-interval 250ms --rateest-ewmalog 500ms\n"
        for name in setup["estimators"]
    )
    for table, chains in setup["chains"].items():
        policies = "".join(f":{chain} ACCEPT\n" for chain in chains)
        EMPTY[table] = f"*{table}\n{policies}{estimators if table == 'security' else ''}COMMIT\n"
    run([tools["restore"]], EMPTY["security"])
    say("ready")
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"text": Path(request["read"]).read_text()} if "read" in request else load(tools, request)
        say(json.dumps(answer))


if __name__ == "__main__":
    main()
