# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kdump.conf: read as kdumpctl reads it, judged as kdumpctl and mkdumprd judge it."""

import os
import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import is_printable
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.conf import (
    CODES,
    DIRECTIVES,
    FILE_SYSTEMS,
    TARGETS,
    Directive,
    accepted,
    check,
    ordered,
    parse,
    render,
    target,
    targets,
)
from tests.unit.plugins.module_utils.tools.kdumpctl import test_directives as of_directives
from tests.unit.plugins.module_utils.tools.kdumpctl.problem_case import SSH, Case, assert_reported

FIXTURES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "fixtures", "kdump_conf")

# Pieces that a kdump.conf may be made of, whole or broken.
PIECES = st.sampled_from(
    sorted(DIRECTIVES)
    + [
        " ",
        "  ",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "#",
        '"',
        "'",
        "\\",
        "=",
        ",",
        "@",
        ":",
        "/",
        "-F",
        "-l",
        "-d 31",
        "--mount ",
    ]
    + ["makedumpfile ", "root@host", "h:/x", "/var/crash", "UUID=1", "0", "1", "reboot", "net", "\0", "\udce9", "\xa0"]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join))
VALUES = st.text(st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="#"), min_size=1).filter(
    lambda value: value == value.strip(" ") and is_printable(value)
)
NAMES = st.one_of(st.sampled_from(sorted(DIRECTIVES)), st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,20}\Z"))


def pairs(text: str) -> List[Tuple[str, str]]:
    """What is read, without the lines."""
    return [(one.name, one.value) for one in parse(text)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", []),
        ("\n \n\t\n# path /x\n  # path /x\n", []),
        ("path /x", [("path", "/x")]),
        ("path /x\n", [("path", "/x")]),
        (" \tpath \t /x y\t \n", [("path", "/x y")]),
        ("path\n", [("path", "")]),
        ("path #x\n", [("path", "")]),
        ("path /x # y\n", [("path", "/x")]),
        ("path /x#y #z\n", [("path", "/x")]),
        ("path /x\r # y\r\n", [("path", "/x")]),
        ("path#x /y\n", [("path#x", "/y")]),
        ('path "/x"\n', [("path", "/x")]),
        ('path "/x" # y\n', [("path", "/x")]),
        ('path " /x "\n', [("path", "/x")]),
        ('path ""/x""\n', [("path", '"/x"')]),
        ('path "\n', [("path", '"')]),
        ('path ""\n', [("path", "")]),
        ('path "/x\n', [("path", '"/x')]),
        ("path '/x'\n", [("path", "'/x'")]),
        ('path "/x"\r\n', [("path", '"/x"\r')]),
        ("path /x\r\nssh a@b\r\n", [("path", "/x\r"), ("ssh", "a@b\r")]),
        ("\r\n\x0b\n\x0c# x\n\u3000# x\n", []),
        ("\xa0# x\n", [("\xa0#", "x")]),
        ("\ufeff# x\n", [("\ufeff#", "x")]),
        ("path /a\\\nssh a@b", [("path", "/a\\"), ("ssh", "a@b")]),
        ("path /x\npath /y\n", [("path", "/x"), ("path", "/y")]),
        ("path /x\u2028/y\n", [("path", "/x\u2028/y")]),
        ("path /\xfc\n", [("path", "/\xfc")]),
        ("# \udce9\npath /x\nssh \udce9\nraw /y\n", [("path", "/x"), ("raw", "/y")]),
        ("path /x\n#\0\n", []),
    ],
)
def test_text_is_read_as_kdumpctl_reads_it(text: str, read: List[Tuple[str, str]]) -> None:
    assert pairs(text) == read


def test_lines_are_counted_from_one() -> None:
    assert parse("# x\n\npath /x\n\udce9\nraw /y") == [Directive(3, "path", "/x"), Directive(5, "raw", "/y")]


CASES = [
    Case("unknown-directive", 2, "path /x\nvmcore_format lzo\n", "vmcore_format lzo: ", "Take the line out"),
    Case("unknown-directive", 1, "Path /x\n", "no directive 'Path'", "Write 'path /x'."),
    Case("unknown-directive", 1, "path=/x\n", "no directive 'path=/x'", "Write 'path /x'."),
    Case("unknown-directive", 1, "path: /x\n", "no directive 'path:'", "Write 'path /x'."),
    Case("unknown-directive", 1, "nfs4 host:/x\n", "nfs4 host:/x: ", "Write 'nfs host:/x'."),
    Case("unknown-directive", 1, "failure_acton\n", "failure_acton: ", "Write 'failure_action ...'."),
    Case("unknown-directive", 1, "makedumpfile -F\n", "makedumpfile -F: ", "Write 'core_collector makedumpfile -F'."),
    Case("unknown-directive", 1, "\ufeffpath /x\n", "'\\ufeffpath'", "without characters that are not seen"),
    Case("unknown-directive", 1, "_target /x\n", "_target /x: ", "Take the line out"),
    Case(
        "deprecated-directive", 1, "net host:/x\n", "net host:/x: ", "Write 'nfs server:/export' or 'ssh user@server'."
    ),
    Case("deprecated-directive", 1, "options x y=1\n", "options x y=1: ", "KDUMP_COMMANDLINE_APPEND"),
    Case("deprecated-directive", 1, "link_delay 1\n", "link_delay 1: ", "Take the line out"),
    Case("deprecated-directive", 1, "disk_timeout 1\n", "disk_timeout 1: ", "Take the line out"),
    Case("deprecated-directive", 1, "debug_mem_level 3\n", "debug_mem_level 3: ", "rd.memdebug="),
    Case("deprecated-directive", 1, "blacklist nouveau\n", "blacklist nouveau: ", "rd.driver.blacklist="),
    Case("duplicate-directive", 3, "path /x\n\npath /y\n", "path /y: line 1 says 'path /x' already", "Keep one"),
    Case("duplicate-directive", 2, "path /x\npath /x\n", "path /x: line 1", "Keep one"),
    Case(
        "duplicate-directive", 2, "dracut_args -a x\ndracut_args -a y\n", "line 1 says 'dracut_args -a x'", "Keep one"
    ),
    Case("empty-value", 1, "path\n", "path: there is no value", "Write one"),
    Case("empty-value", 1, 'core_collector ""\n', "core_collector: there is no value", "Write one"),
    Case("empty-value", 1, "fence_kdump_nodes # node1\n", "fence_kdump_nodes: there is no value", "Write one"),
    Case("empty-value", 1, "ssh #root@host\n", "ssh: there is no value", "Write one"),
    Case("two-targets", 2, "nfs h:/x\nssh root@h\n", "ssh root@h: line 1 says 'nfs h:/x' already", "Keep one"),
    Case("two-targets", 2, "nfs h:/x\nnfs h:/y\n", "nfs h:/y: line 1", "Keep one"),
    Case("two-targets", 2, 'raw /dev/x\ndracut_args --mount "/dev/a /m xfs"\n', "line 1 says 'raw /dev/x'", "Keep one"),
    Case("rebuild-conflict", 2, "force_rebuild 1\nforce_no_rebuild 1\n", "line 1 asks for the opposite", "Keep one"),
    Case("rebuild-conflict", 2, "force_no_rebuild 1\nforce_rebuild 1\n", "line 1 asks for the opposite", "Keep one"),
    Case("nul-byte", 2, "path /x\n#\0\n", "#\\x00: kdumpctl reads nothing", "write it again"),
    Case("nul-byte", 2, "\n#\0\npath /x\n", "#\\x00: kdumpctl reads nothing", "write it again"),
    Case("not-utf-8", 2, "path /x\nraw /\udce9\n", "raw /\\xe9: kdumpctl drops", "in UTF-8"),
    Case("carriage-return", 1, "path /x\r\nextra_modules a\r\n", "path /x\\x0d: ", "Unix line ends"),
    Case("invisible-character", 1, "path /x\u200b\n", "path /x\\u200b: ", "Type the value again."),
    Case("invisible-character", 1, "path /x\x1by\n", "path /x\\x1by: ", "Type the value again."),
    Case("value-cut", 1, "path /x#1\n", "path /x: the value ends in front of '#1'", "lines of their own"),
    Case("continuation", 1, "extra_modules a \\\n", "extra_modules a \\: ", "Write all of it in one line."),
    Case("fence-without-nodes", 1, "fence_kdump_args -p 7410\n", "nobody is notified", "fence_kdump_nodes"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "{0}: {1!r}".format(case.code, case.text))
def test_a_problem_is_told_with_its_line_and_its_remedy(case: Case) -> None:
    assert_reported(case)


@pytest.mark.parametrize(("length", "is_cut"), [(319, False), (320, False), (321, True)])
def test_of_a_long_message_both_ends_are_shown(length: int, is_cut: bool) -> None:
    """With all letters that can be seen, in any language."""
    message = "bogus {0}: kdump.conf has no directive 'bogus'"
    message = message.format("\xfc~".ljust(length - len(message) + 3, "x"))
    (problem,) = check(message.partition(":")[0])
    assert problem.message == (message[:160] + "..." + message[-160:] if is_cut else message)


def test_each_code_has_a_case() -> None:
    assert {case.code for case in CASES + of_directives.CASES} == set(CODES)
    assert set(CODES.values()) == {"error", "warning"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# path\n#\0\n# \udce9\r\n",
        "auto_reset_crashkernel no\npath /var/crash\ncore_collector makedumpfile -l --message-level 7 -d 31\n",
        "  path /x\t# with a comment\n",
        'path "/x"\n',
        'path "/x" # with a comment\n',
        SSH,  # without core_collector mkdumprd checks nothing, and the capture kernel adds -F
        SSH + "path dumps\nsshkey /root/.ssh/id\ncore_collector makedumpfile -F -z -d 31\n",
        SSH + "core_collector scp\n",
        SSH + "core_collector cat\n",
        "raw /dev/vg/dump\npath /var/crash\ncore_collector makedumpfile -l -F\n",
        "nfs [2001:db8::1]:/export\npath /x\ncore_collector cp --sparse=always\n",
        'ext4 LABEL="/boot"\npath /\nfailure_action dump_to_rootfs\nfinal_action halt\n',
        "btrfs PARTUUID=1-2\npath /x\n",
        "virtiofs my fs\npath x\n",
        "dracut_args --mount \"/dev/a /m xfs\" --omit-drivers 'a b' --add-drivers x\\ y\npath x\n",
        "dracut_args --add-device /dev/x\nnfs h:/x\npath /x\n",
        "fence_kdump_args -p 7410\nfence_kdump_nodes a b\n",
        "force_rebuild 1\nforce_no_rebuild 0\n",
        "kdump_pre /a\nkdump_post /b\nkdump_emergency /c\nextra_bins /d /e\nextra_modules f g\n",
        "core_collector /sbin/makedumpfile -d 99\n",
    ],
)
def test_nothing_is_said_about_good_files(text: str) -> None:
    assert check(text) == []


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("failure_action reboot\r", ["carriage-return", "action-unknown"]),
        ("force_rebuild 1\r", ["carriage-return", "switch-unknown"]),
        ("ssh root@host\r", ["carriage-return", "ssh-target"]),
        ("path\r", ["carriage-return", "unknown-directive"]),
        ("path /x # y\r", []),
        ("core_collector makedumpfile -l -d 31\r", ["carriage-return", "collector-level"]),
    ],
)
def test_carriage_returns_belong_to_the_value(line: str, codes: List[str]) -> None:
    assert [problem.code for problem in check(line + "\n")] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("failure_action halt\ndefault halt\n", ["duplicate-directive", "renamed-directive"]),
        ("default halt\nfailure_action halt\n", ["renamed-directive", "duplicate-directive"]),
        ("bogus 1\nnfs h\nssh h\nbogus 2\n", ["unknown-directive", "nfs-target", "two-targets", "ssh-target"]),
        ("path /x\0\nbogus 1\n", ["nul-byte"]),
        ("path /x\nbogus \udce9\npath /y\n", ["not-utf-8", "duplicate-directive"]),
    ],
)
def test_problems_stand_in_the_order_of_the_lines(text: str, codes: List[str]) -> None:
    found = [problem.code for problem in check(text) if problem.line]
    assert found[: len(codes)] == codes
    assert [problem.line for problem in check(text)] == sorted(problem.line for problem in check(text))


class Mistake(NamedTuple):
    """A configuration, and how kdumpctl answered to it."""

    title: str
    text: str
    said: str
    status: int


def mistakes() -> List[Mistake]:
    """The mistakes that were made on real hosts."""
    with open(os.path.join(FIXTURES, "mistakes.txt"), encoding="utf-8") as file:
        blocks = file.read().split("##### ")[1:]
    found = []
    for block in blocks:
        title, _newline, rest = block.partition("\n")
        text = "".join(line + "\n" for line in re.findall(r"^    \| (.*)$", rest, re.MULTILINE))
        said = " ".join(re.findall(r"^(?!    \||-->)(.*)$", rest, re.MULTILINE))
        found.append(Mistake(title, text, said, int(rest.rpartition("rc=")[2])))
    return found


# What the text alone tells, by the title: the first error, and the line that it names.
TOLD: Dict[str, Tuple[str, int, str]] = {
    "unknown option": ("unknown-directive", 3, "vmcore_format lzo"),
    "deprecated option": ("deprecated-directive", 3, "blacklist nouveau"),
    "duplicated option": ("duplicate-directive", 2, "path /var/dump"),
    "two targets": ("two-targets", 2, "ssh root@10.0.2.2"),
    "two targets b": ("two-targets", 2, "ssh root@10.0.2.2"),
    "failure_action bad": ("action-unknown", 2, "failure_action explode"),
    "final_action bad": ("action-unknown", 2, "final_action shell"),
    "ssh without user": ("ssh-target", 1, "ssh 10.0.2.2"),
    "ssh hostname not equal canonical": ("ssh-target", 1, "ssh root@"),
    "empty value": ("empty-value", 1, "path"),
    "bad makedumpfile level": ("collector-options", 2, "core_collector makedumpfile -l -d 99"),
    "bad makedumpfile option": ("collector-options", 2, "core_collector makedumpfile --nosuch -d 31"),
    "ssh: without -F": ("collector-flattened", 3, "core_collector makedumpfile -l --message-level 7 -d 31"),
    "ssh: sshkey does not exist": ("collector-flattened", 4, "core_collector makedumpfile -l --message-level 7 -d 31"),
}


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: str(mistake.title))
def test_what_real_hosts_refused_for_its_text_is_an_error(mistake: Mistake) -> None:
    found = [problem for problem in check(mistake.text) if problem.severity == "error"]
    told = TOLD.get(mistake.title)
    if told is None:  # a device, a file or a server that is not there
        assert found == []
    else:
        code, line, text = told
        assert mistake.status == 1
        assert (found[0].code, found[0].line) == (code, line)
        assert found[0].message.startswith(text + ": ")


def test_all_mistakes_are_there() -> None:
    titles = [mistake.title for mistake in mistakes()]
    assert len(titles) == 29
    assert set(TOLD) <= set(titles)
    assert all(mistake.text and (mistake.said or mistake.status == 0) for mistake in mistakes())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("path /x\n", None),
        ("dracut_args --add-drivers x\n", None),
        ("path /x\nssh a@b\n", Directive(2, "ssh", "a@b")),
        ("virtiofs fs\n", Directive(1, "virtiofs", "fs")),
        ('dracut_args --mount "a b c"\n', Directive(1, "dracut_args", '--mount "a b c"')),
    ],
)
def test_one_directive_is_the_target(text: str, found: Optional[Directive]) -> None:
    assert target(parse(text)) == found
    assert targets(parse(text)) == ([found] if found else [])


def test_two_targets_are_no_target() -> None:
    with pytest.raises(KdumpError, match=r"'raw /dev/a' in line 1, 'nfs h:/x' in line 3\. Keep one of them\."):
        target(parse("raw /dev/a\npath /x\nnfs h:/x\n"))


def test_directives_are_listed_by_kind() -> None:
    assert TARGETS == ("raw", "ext2", "ext3", "ext4", "xfs", "btrfs", "minix", "nfs", "virtiofs", "ssh")
    assert set(FILE_SYSTEMS) < set(TARGETS)
    assert {name for name, kind in DIRECTIVES.items() if kind == "switch"} == {
        "auto_reset_crashkernel",
        "force_rebuild",
        "force_no_rebuild",
    }


def test_settings_are_put_in_order() -> None:
    assert ordered({"x": "1", "path": "/x", "core_collector": "cp", "ssh": "a@b", "a": "2"}) == [
        ("ssh", "a@b"),
        ("path", "/x"),
        ("core_collector", "cp"),
        ("x", "1"),
        ("a", "2"),
    ]


def test_a_file_is_written() -> None:
    assert render([]) == ""
    assert render([("path", "/x"), ("dracut_args", '--a "b c"'), ("extra_bins", '"/x"')]) == (
        'path /x\ndracut_args --a "b c"\nextra_bins ""/x""\n'
    )
    assert render([("path", '"'), ("path", '""')]) == 'path "\npath """"\n'


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_what_is_written_is_read_back(wanted: List[Tuple[str, str]]) -> None:
    assert pairs(render(wanted)) == wanted


@pytest.mark.parametrize("name", ["", " ", "a b", "1a", "a-b", "#a", "_a", "path\n", "p\xe4th", '"path"'])
def test_names_that_cannot_be_written_are_refused(name: str) -> None:
    with pytest.raises(KdumpError, match="is not a name of a directive"):
        render([(name, "x")])


@pytest.mark.parametrize(
    "value", ["", " ", " a", "a ", "a#b", "a #b", "#", "a\nb", "a\r", "a\tb", "a\0b", "\x1b", "\x7f", "\x85", "\udce9"]
)
def test_values_that_cannot_be_written_are_refused(value: str) -> None:
    with pytest.raises(KdumpError, match=r"The value of path cannot be written to kdump\.conf"):
        render([("path", value)])


@settings(max_examples=200)
@given(TEXTS)
def test_any_text_can_be_judged(text: str) -> None:
    problems = check(text)
    last = text.count("\n") + 1
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    for problem in problems:
        assert CODES[problem.code] == problem.severity
        assert 1 <= problem.line <= last
        assert is_printable(problem.message)
        assert is_printable(problem.remedy)
        assert "\n" not in problem.message + problem.remedy


@pytest.mark.parametrize(
    "text",
    [
        "path " + "a" * 200000,
        "a" * 200000,
        "path x" + " " * 200000 + "y#",
        "core_collector makedumpfile " + "-l " * 100000,
        "core_collector makedumpfile -" + "l" * 200000,
        "core_collector makedumpfile -d " + "9" * 200000,
        "dracut_args " + '"' * 99999,
        "ssh a@" + "1." * 100000,
        "fence_kdump_args x\n" * 5000,
        "\n" * 200000,
    ],
    ids=["value", "name", "blanks", "options", "letters", "digits", "quotes", "host", "lines", "empty"],
)
def test_huge_files_are_judged_in_one_go(text: str) -> None:
    assert all(len(problem.message) < 1000 for problem in check(text))


# The form of the case statement in kdumpctl, of three ages.
SCRIPT_OF_2014 = """
function check_config()
{
\twhile read config_opt config_val; do
\t\tcase "$config_opt" in
\t\t\\#* | "")
\t\t\t;;
\t\traw|ext2|path|core_collector|default)
\t\t\t[ -z "$config_val" ] && {
\t\t\t\treturn 1;
\t\t\t}
\t\t\t;;
\t\tnet|options)
\t\t\techo "Deprecated"
\t\t\treturn 1
\t\t\t;;
\t\t*)
\t\t\treturn 1;
\t\t\t;;
\t\tesac
\tdone < $KDUMP_CONFIG_FILE
}
"""
SCRIPT_OF_2021 = """
stop()
{
\tcase "$1" in
\text9) ;;
\tesac
}

check_config()
{
\twhile read -r config_opt config_val; do
\t\tcase "$config_opt" in
\t\tdracut_args)
\t\t\tif [[ $config_val == *--mount* ]]; then
\t\t\t\treturn 1
\t\t\tfi
\t\t\t;;
\t\t# mounted by the capture kernel
\t\text[23] | nfs)
\t\t\tconfig_opt=_target
\t\t\t;;
\t\tpath | core_collector | \\
\t\t\tsshkey) ;;

\t\tnet | options)
\t\t\treturn 1
\t\t\t;;
\t\t'')
\t\t\tcontinue
\t\t\t;;
\t\t*)
\t\t\treturn 1
\t\t\t;;
\t\tesac
\tdone
}
"""


@pytest.mark.parametrize(
    ("script", "names"),
    [
        (SCRIPT_OF_2014, {"raw", "ext2", "path", "core_collector", "default"}),
        (SCRIPT_OF_2021, {"dracut_args", "ext2", "ext3", "nfs", "path", "core_collector", "sshkey"}),
        (
            SCRIPT_OF_2021.replace("check_config()", "parse_config()").replace('"$config_opt" in', "$config_opt in"),
            {"dracut_args", "ext2", "ext3", "nfs", "path", "core_collector", "sshkey"},
        ),
        (
            "check_config() {\ncase $config_opt in\npath | core_collector) ;;\nesac\n"
            "case $config_opt in\nraw) ;;\nesac\n}\n",
            {"path", "core_collector"},
        ),
        (
            SCRIPT_OF_2014.replace("\t\t*)", "\t\t'' | raw5 | xfs)\n\t\t\t;;\n\t\t*)"),
            {"raw", "ext2", "path", "core_collector", "default", "raw5", "xfs"},
        ),
        ("", None),
        ("#!/bin/bash\necho path core_collector\n", None),
        ("parse_config()\n{\n\tpython3 -m kdump\n}\n", None),
        (SCRIPT_OF_2021.replace("ext[23]", "ext?"), None),
        (SCRIPT_OF_2021.replace("core_collector", "collector"), None),
        (SCRIPT_OF_2021.replace("esac", "end"), None),
    ],
)
def test_a_host_tells_which_directives_it_takes(script: str, names: Optional[Set[str]]) -> None:
    assert accepted(script) == names


@given(st.text())
def test_any_script_can_be_looked_at(script: str) -> None:
    assert accepted(script) is None
    accepted("parse_config()\n{\ncase $config_opt in\n" + script + "\nesac\n}\n")
