"""The grammars: each stands on its own in Lark, and the tokeniser taken from it agrees."""

from __future__ import annotations

import pytest
from lark import Lark

from lvsconf.languages.lines import line_grammar
from lvsconf.resources import grammar_path, grammars_path

NAMES = ("iptables", "ipvsadm", "keepalived", "sysctl")


def standard(name: str, start: str) -> Lark:
    return Lark(grammar_path(name).read_text("utf-8"), parser="lalr", start=start, import_paths=[str(grammars_path())])


SAMPLES = {
    "iptables": '# c\n*filter\n:INPUT DROP [0:0]\n:X -\n[1:2] -A INPUT -m comment --comment "a b" -j X\n\nCOMMIT\n',
    "ipvsadm": "-A -t 192.0.2.1:80 -s rr\nipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:80\n\n# c\n",
    "keepalived": (
        "! c\n\nglobal_defs {\n  router_id a # c\n}\n@low $A=1 \\\n@low\n~SEQ(N, 1, 3) 10.0.0.${N}\n"
        'script "a { b" c{ weight 1 }\n"open\n$B= \\\n'
    ),
    "sysctl": "# c\n; d\nnet.ipv4.ip_forward = 1\n-a.b=\nnet.ipv4.vs.sync_threshold = 3\t50\n",
}


@pytest.mark.parametrize("name", NAMES)
def test_whole_files_in_plain_lark(name: str):
    """The grammar as Lark alone reads it agrees, line by line, with the tokeniser and its cache of shapes."""
    text = SAMPLES[name]
    tree = standard(name, "start").parse(text)
    expected = [(str(child.data), [str(token) for token in child.children]) for child in tree.children]
    lines = [line for each in text.split("\n") if (line := line_grammar(name).parse(each)) is not None]
    assert [(line.rule, [word.text for word in line.words if word.kind != "EQUAL"]) for line in lines] == expected
