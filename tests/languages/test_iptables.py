"""Reading rules: places, recovery, commands, what a table as a whole gets wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from lvsconf.extensions.meaning import rule_meaning
from lvsconf.languages import iptables
from lvsconf.model.effects import Fork, Goto, Jump, Reject, Verdict
from lvsconf.model.fields import FIELDS, FRAGMENT, IIF, PROTO, SRC, Field, interface
from lvsconf.model.netfilter import BUILT_IN, Rule, Ruleset
from lvsconf.packets.one import answer
from lvsconf.source import Source, Span

HEAD = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:WEB - [0:0]\n"


def read(text: str, family: int = 4):
    return iptables.read(Source("f", text), family)


def rules_of(*lines: str, family: int = 4) -> tuple[tuple[Rule, ...], list[tuple[str, int]]]:
    ruleset, problems = read(HEAD + "\n".join(lines) + "\nCOMMIT\n", family)
    return ruleset.tables["filter"].chains["INPUT"].rules, [(p.code, p.span.line - 5) for p in problems]


def piece(text: str, span: Span | None) -> str:
    assert span is not None
    assert span.line == span.end_line
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


def values(**given: int) -> dict[Field, int]:
    return {**dict.fromkeys(FIELDS.values(), 0), **{FIELDS[k.replace("_", ".")]: v for k, v in given.items()}}


LONG = (
    "[12:34] -A INPUT ! -s 192.0.2.0/24 -p tcp -i eth0 -m state --state NEW -m tcp --dport 80 "
    '-m comment --comment "two words" -j REJECT --reject-with tcp-reset'
)


def test_places():
    text = HEAD + LONG + "\nCOMMIT\n"
    ruleset, problems = read(text)
    assert not problems
    (rule,) = ruleset.tables["filter"].chains["INPUT"].rules
    assert rule.counters == (12, 34)
    assert piece(text, rule.span) == LONG
    assert piece(text, rule.head["source"].span) == "! -s 192.0.2.0/24"
    assert piece(text, rule.head["protocol"].span) == "-p tcp"
    assert [piece(text, use.span) for use in rule.matches] == [
        "-m state --state NEW",
        "-m tcp --dport 80",
        '-m comment --comment "two words"',
    ]
    assert piece(text, rule.matches[1].arguments["dport"].span) == "--dport 80"
    assert rule.matches[2].arguments["comment"].value == "two words"
    assert rule.target is not None
    assert piece(text, rule.target.span) == "REJECT --reject-with tcp-reset".join(["-j ", ""])
    assert piece(text, ruleset.tables["filter"].span) == "*filter"
    assert piece(text, ruleset.tables["filter"].chains["INPUT"].span) == ":INPUT DROP [0:0]"


def test_all_tables_chains_and_policies():
    text = "".join(
        f"*{table}\n" + "".join(f":{chain} ACCEPT [1:2]\n" for chain in chains) + "COMMIT\n"
        for table, chains in BUILT_IN.items()
    )
    ruleset, problems = read(text)
    assert not problems
    assert {name: tuple(table.chains) for name, table in ruleset.tables.items()} == BUILT_IN
    assert all(
        c.policy == "ACCEPT" and c.counters == (1, 2) for t in ruleset.tables.values() for c in t.chains.values()
    )
    assert ruleset.unknown == ()


def test_what_the_file_leaves_out():
    ruleset, problems = read("*nat\n-A PREROUTING -j ACCEPT\nCOMMIT\n")
    assert not problems
    assert list(ruleset.tables) == ["nat"]
    assert set(ruleset.tables["nat"].chains) == set(BUILT_IN["nat"])
    assert ruleset.tables["nat"].chains["INPUT"].policy == "ACCEPT"
    assert read("") == (Ruleset(4, {}), ())


@pytest.mark.parametrize(
    ("line", "code", "unread"),
    [
        ("-A INPUT -p tcp -m tcp --dprot 80 -j ACCEPT", "LVS011", ("--dprot", "80")),
        ("-A INPUT -p tcp --dprot 80 -j ACCEPT", "LVS011", ("--dprot", "80")),
        ("-A INPUT -p tcp -m tcp --dport 80000 -j ACCEPT", "LVS012", ("--dport", "80000")),
        ("-A INPUT -s 10.0.0.0/33 -j ACCEPT", "LVS012", ("-s", "10.0.0.0/33")),
        ("-A INPUT -s example.org -j ACCEPT", "LVS012", ("-s", "example.org")),
        ("-A INPUT -m geoip --source-country NL,BE -j ACCEPT", "LVS013", ("-m", "geoip", "--source-country", "NL,BE")),
        ("-A INPUT please let it in -j ACCEPT", "LVS010", ("please", "let", "it", "in")),
        ('-A INPUT -m comment --comment open"ended -j ACCEPT', "LVS010", None),
        ("-A INPUT -j ACCEPT -s 10.0.0.1 -s 10.0.0.2", "LVS019", ("-s", "10.0.0.2")),
        ("-A INPUT -p tcp -m multiport --dport 80 --frob -j ACCEPT", "LVS011", ("--frob",)),
        ("-A INPUT -i interface-with-a-long-name -j ACCEPT", "LVS012", ("-i", "interface-with-a-long-name")),
        ("-A INPUT -t nat -j ACCEPT", "LVS010", ("-t", "nat")),
        ("-A INPUT -p tcp --s 80 -j ACCEPT", "LVS011", ("--s", "80")),
    ],
)
def test_a_line_that_is_not_read_whole(line: str, code: str, unread: tuple[str, ...] | None):
    rules, problems = rules_of("-A INPUT -i lo -j ACCEPT", line, "-A INPUT -p icmp -j ACCEPT")
    assert problems == [(code, 2)]
    assert len(rules) == 3
    lost = [use.unread for use in rules[1].matches if use.unread]
    if unread is not None:
        assert lost == [unread]
    pred, _ = rule_meaning(rules[1], 4)
    seen = values(ip_proto=6, l4_dport=80, l4_sport=80, ip_src=0x0A000001)
    assert answer(pred, seen) is None


def test_the_next_lines_are_read():
    rules, problems = rules_of("-A INPUT -p tcp --dport", "what is this", "[x:y] -A INPUT", "-A INPUT -j ACCEPT")
    assert [code for code, _ in problems] == ["LVS012", "LVS010", "LVS010"]
    assert len(rules) == 3
    ruleset, _ = read(HEAD + "what is this\nCOMMIT\n")
    assert ruleset.unknown == ("line 6 of f could not be read",)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("-A INPUT -j NOWHERE", "LVS014"),
        ("-A INPUT -g NOWHERE", "LVS014"),
        ("-A INPUT -j TARPIT --tarpit", "LVS014"),
        ("-A NOWHERE -j ACCEPT", "LVS016"),
        ("-P WEB DROP", "LVS016"),
        ("-P INPUT REJECT", "LVS012"),
        ("-D INPUT 7", "LVS019"),
        ("-D INPUT -s 10.0.0.1 -j DROP", "LVS019"),
        ("-N WEB", "LVS019"),
        ("-N INPUT", "LVS019"),
        ("-L NOWHERE", "LVS016"),
        ("-A INPUT -j CT --notrack", "LVS020"),
        ("-A WEB -j MASQUERADE", "LVS020"),
        ("-A INPUT -o eth0 -j DROP", "LVS019"),
        ("-A OUTPUT -i eth0 -j DROP", "LVS019"),
        ("-A INPUT ! -m state --state NEW", "LVS019"),
        ("-A INPUT ! ! -s 10.0.0.1", "LVS010"),
        ("-A INPUT -s 10.0.0.1 !", "LVS010"),
        ("-A INPUT -j ACCEPT -j DROP", "LVS019"),
        ("-A INPUT -A INPUT -j DROP", "LVS019"),
        (":WEB ACCEPT [0:0]", "LVS019"),
        (":INPUT MAYBE [0:0]", "LVS012"),
        ("-A INPUT ! -s 10.0.0.1,10.0.0.2 -j DROP", "LVS012"),
        ("-A INPUT -c 1 -j DROP", "LVS012"),
        ("-A INPUT ! -p all -j DROP", "LVS012"),
        ("COMMIT now", "LVS010"),
        ("-A INPUT -f", None),
        ("-A INPUT", None),
        ("-A INPUT -v -j ACCEPT -v", None),
        ("-L INPUT -n -v -x --line-numbers", None),
        ("-A INPUT -n -j ACCEPT", "LVS019"),
        ("-A INPUT -w 5 -j ACCEPT", "LVS010"),
        ("-F INPUT -s 10.0.0.1", "LVS019"),
        ("-D INPUT 1 -s 10.0.0.1", "LVS019"),
        ("-R INPUT 1 -s 10.0.0.1,10.0.0.2", "LVS019"),
        ("-C INPUT -j WEB", None),
        ("-C INPUT -j ACCEPT", "LVS019"),
        ("-X WEB", "LVS019"),
        ("-X INPUT", "LVS019"),
        ("-N LOG", "LVS019"),
        ("-N " + "x" * 29, "LVS019"),
        ("-E INPUT X", "LVS019"),
        ("-A INPUT -j INPUT", "LVS014"),
        ("-A INPUT -j LATE\n-N LATE", "LVS014"),
        (":WEB - [0:0]", "LVS019"),
        (":MORE", "LVS012"),
        (":INPUT ACCEPT [0:0] and more", None),
        (":INPUT ACCEPT none", "LVS023"),
        ("-A INPUT -s10.0.0.1 -j ACCEPT", None),
        ("-A INPUT -ilo -j ACCEPT", None),
        ("-A INPUT -p tcp --syn=1 -j ACCEPT", "LVS010"),
        ("-A INPUT -j ACCEPT --", None),
        ("-A INPUT -j ACCEPT -- -s 10.0.0.1", "LVS010"),
        ("-A INPUT -p tcp -m tcp -m udp --dpor 80", "LVS011"),
        ("-A INPUT -c 1,2 -j ACCEPT", None),
        ("-A INPUT -j WEB --log-prefix x", "LVS011"),
    ],
)
def test_refusals(line: str, code: str | None):
    _, problems = rules_of("-A INPUT -j WEB", line)
    assert problems == ([] if code is None else [(code, 2)])


def test_target_out_of_place_is_seen_through_jumps():
    text = "*nat\n:POSTROUTING ACCEPT\n:PREROUTING ACCEPT\n:X -\n-A PREROUTING -j X\n-A X -j MASQUERADE\nCOMMIT\n"
    _, problems = read(text)
    assert [(p.code, p.span.line) for p in problems] == [("LVS020", 6)]
    _, problems = read(text.replace("-A PREROUTING -j X", "-A POSTROUTING -j X"))
    assert not problems


def test_unknown_target_is_a_fork_and_reject_is_not():
    rules, _ = rules_of("-A INPUT -j TARPIT", "-A INPUT -j REJECT", "-A INPUT -j REJECT --reject-with nonsense")
    first, second, third = (rule_meaning(rule, 4)[1] for rule in rules)
    assert isinstance(first[0], Fork)
    assert second == (Reject("icmp-port-unreachable"),)
    assert isinstance(third[0], Fork)


def test_jumps():
    rules, problems = rules_of(
        "-A INPUT -j WEB", "-A INPUT -g WEB", "-N LATE", "-A INPUT -j LATE", "-A INPUT -j ACCEPT"
    )
    assert not problems
    assert [rule_meaning(rule, 4)[1] for rule in rules] == [
        (Jump("WEB"),),
        (Goto("WEB"),),
        (Jump("LATE"),),
        (Verdict.ACCEPT,),
    ]


def test_a_chain_takes_no_options():
    rules, problems = rules_of("-A INPUT -j WEB --log-prefix x")
    assert problems == [("LVS011", 1)]
    assert answer(rule_meaning(rules[0], 4)[0], values()) is None


def test_commands_in_order():
    rules, problems = rules_of(
        "-A INPUT -s 10.0.0.1 -j ACCEPT",
        "-I INPUT -s 10.0.0.2 -j ACCEPT",
        "-I INPUT 2 -s 10.0.0.3 -j ACCEPT",
        "-R INPUT 3 -s 10.0.0.4 -j ACCEPT",
        "--append INPUT --source 10.0.0.5 --jump ACCEPT",
        "-D INPUT -s 10.0.0.5 -j ACCEPT",
        "-D INPUT 1",
    )
    assert not problems
    assert [rule.head["source"].value[0] & 0xFF for rule in rules] == [3, 4]


def test_flush_delete_rename_policy():
    ruleset, problems = read(
        HEAD + "-A INPUT -j WEB\n-A WEB -j ACCEPT\n-E WEB NET\n-P INPUT ACCEPT\n-F NET\n-N GONE\n-X GONE\n-Z\nCOMMIT\n"
    )
    assert not problems
    chains = ruleset.tables["filter"].chains
    assert set(chains) == {"INPUT", "FORWARD", "OUTPUT", "NET"}
    assert chains["INPUT"].policy == "ACCEPT"
    assert chains["INPUT"].rules[0].jump == "NET"
    assert chains["NET"].rules == ()


def test_several_addresses_are_several_rules():
    rules, problems = rules_of("-A INPUT -s 10.0.0.1,10.0.0.2 -d 192.0.2.1,192.0.2.2 -j DROP")
    assert not problems
    pairs = [(rule.head["source"].value[0] & 0xF, rule.head["destination"].value[0] & 0xF) for rule in rules]
    assert pairs == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_head_meaning():
    rules, _ = rules_of("-A INPUT -s 10.0.0.0/255.0.0.255 ! -p udp -i eth+ -f -j DROP")
    pred, _ = rule_meaning(rules[0], 4)
    packet = {**values(), SRC: 0x0A010200, PROTO: 6, IIF: interface("eth12"), FRAGMENT: 185}
    assert answer(pred, packet) is True
    for change in ({SRC: 0x0A010201}, {PROTO: 17}, {IIF: interface("et0")}, {FRAGMENT: 0}, {IIF: 0}):
        assert answer(pred, {**packet, **change}) is False


def test_an_exact_interface_is_not_a_prefix():
    rules, _ = rules_of("-A INPUT -i eth1 -j DROP", "-A INPUT ! -i lo -j DROP", "-A INPUT -i + -j DROP")
    preds = [rule_meaning(rule, 4)[0] for rule in rules]
    seen = {**values(), IIF: interface("eth10")}
    assert [answer(pred, seen) for pred in preds] == [False, True, True]


def test_old_negation():
    rules, problems = rules_of("-A INPUT -s ! 10.0.0.1 -p tcp --dport ! 80 -j DROP")
    assert problems == [("LVS018", 1)]
    assert rules[0].head["source"].inverted
    assert rules[0].matches[0].arguments["dport"].inverted


def test_loops():
    text = HEAD + ":A - [0:0]\n:B - [0:0]\n-A WEB -j A\n-A A -j B\n-A B -g WEB\n-A INPUT -j WEB\nCOMMIT\n"
    _, problems = read(text)
    assert [(p.code, p.message) for p in problems] == [
        ("LVS017", "the chains call each other in a circle: WEB → A → B → WEB")
    ]


def test_a_long_ladder_of_chains_needs_no_stack():
    names = [f"C{number}" for number in range(5000)]
    text = "*filter\n" + "".join(f":{name} - [0:0]\n" for name in names)
    text += "".join(f"-A {one} -j {two}\n" for one, two in pairwise(names)) + "COMMIT\n"
    _, problems = read(text)
    assert not problems


def test_missing_commit_is_unknown():
    ruleset, problems = read("*mangle\n-A INPUT -j ACCEPT\n*filter\nCOMMIT\n")
    assert [(p.code, p.span.line) for p in problems] == [("LVS015", 1)]
    assert ruleset.unknown == ("table mangle has no COMMIT: its end may be missing",)
    assert len(ruleset.tables["mangle"].chains["INPUT"].rules) == 1


def test_a_second_header_empties_the_table():
    ruleset, problems = read("*filter\n-A INPUT -j DROP\nCOMMIT\n*filter\nCOMMIT\n")
    assert not problems
    assert ruleset.tables["filter"].chains["INPUT"].rules == ()


def test_nft_only():
    ruleset, problems = read(
        "# Table `nat' is incompatible, use 'nft' tool.\n*filter\nCOMMIT\n"
        "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n"
    )
    assert [p.code for p in problems] == ["LVS021", "LVS021"]
    assert len(ruleset.unknown) == 2
    assert "nat" in ruleset.unknown[0]


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("-P INPUT ACCEPT\n-A INPUT -j ACCEPT\n", "filter"),
        ("-P PREROUTING ACCEPT\n-A PREROUTING -p tcp -j REDIRECT --to-ports 80\n", "nat"),
        ("-A PREROUTING -j NOTRACK\n", "raw"),
        ("-A FORWARD -p tcp -m tcp --syn -j DSCP --set-dscp 1\n", "mangle"),
    ],
)
def test_a_listing_shows_one_table(text: str, table: str):
    ruleset, problems = read(text)
    assert not problems
    assert list(ruleset.tables) == [table]
    assert "taken as" in ruleset.unknown[0]


def test_rules_of_the_other_family_are_passed_over():
    rules, problems = rules_of("-6 -A INPUT -s 2001:db8::1 -j ACCEPT", "-4 -A INPUT -j ACCEPT")
    assert not problems
    assert len(rules) == 1


def test_one_bad_line_is_one_finding():
    _, problems = rules_of("-A INPUT --this 1 -p tcp --that 2 -s nowhere and more -j ACCEPT")
    assert len(problems) == 1


def test_did_you_mean():
    _, problems = read(
        HEAD + "-A INPUT -p tcp -m tcp --dprot 80\n-A INPUT -m contrack --ctstate NEW\n-A INPUT -j WEBB\nCOMMIT\n"
    )
    assert [p.help for p in problems] == [
        "did you mean `--dport`?",
        "did you mean `conntrack`?",
        "did you mean `WEB`?",
    ]


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("# Generated by ip6tables-save v1.8.9 on Sun\n*filter\nCOMMIT\n", 6),
        ("# Generated by iptables-save v1.8.9 (nf_tables) on Sun\n*filter\nCOMMIT\n", 4),
        ("*filter\n-A INPUT -s 2001:db8::/32 -j DROP\nCOMMIT\n", 6),
        ("*filter\n-A INPUT ! -d 192.0.2.1/32 -j DROP\nCOMMIT\n", 4),
        ("*filter\n-A INPUT -p ipv6-icmp -j ACCEPT\nCOMMIT\n", 6),
        ("*filter\n-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT\nCOMMIT\n", 4),
        ("*filter\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n", 4),
        ("*filter\n-A INPUT -j REJECT --reject-with icmp6-no-route\nCOMMIT\n", 6),
        ("*filter\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n", None),
    ],
)
def test_family(text: str, family: int | None):
    assert iptables.recognise(text)
    assert iptables.family_of(text) == family


def test_ipv6():
    rules, problems = rules_of("-A INPUT -s 2001:db8::1/64 -p icmpv6 --icmpv6-type 128 -j ACCEPT", family=6)
    assert not problems
    assert rules[0].head["source"].value[0] == 0x20010DB8 << 96
    _, problems = rules_of("-A INPUT -f -j ACCEPT", family=6)
    assert problems == [("LVS011", 1)]


def test_line_ends_of_another_system():
    ruleset, problems = read((HEAD + LONG + "\nCOMMIT\n").replace("\n", "\r\n"))
    assert [(problem.code, problem.span.line) for problem in problems] == [("LVS060", 1)]
    assert len(ruleset.tables["filter"].chains["INPUT"].rules) == 1


def test_equal_rules_ignore_places():
    rules, _ = rules_of("-A INPUT -j ACCEPT", "-A INPUT  -j ACCEPT")
    from lvsconf.languages.iptables.tables import same_rule

    assert same_rule(*rules, 4)
    assert not same_rule(rules[0], replace(rules[1], target=None), 4)
