# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines and configuration files as people, installers and broken disks leave them, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

SPACE = st.sampled_from([" "] * 12 + ["  ", "\t", " \t "])
PLAIN = st.sampled_from(
    ["ro", "quiet", "root=UUID=95d3fad2-a044-4d2e-bc8b-51b953bea44f", "console=ttyS0,115200n8", "rhgb", "single", "x="]
    + ['a="b c"', '"d e"', 'dyndbg="file x.c +p; module y +p"', "crashkernelx=1M", "xcrashkernel=2M", "crashkernel"]
    + ["\u00e9=\u00fc", "it's", "\\", "$x", "*", "#", "&", "%s", "-n", "=", "a=b=c", "'q", "\u00a0", "\u2028y"]
)
ODD = st.sampled_from(
    ["--", '"never closed', "\x0b", "\udcff", "\\\\", "`id`", "$(id)", '""', '"', "''", "[a]", ":m", "options", "\x7f"]
)
OLD = st.sampled_from(
    ["crashkernel=1M", "crashkernel=auto", "crashkernel=1G-4G:192M,4G-:256M@16M", "crashkernel=64M,high"]
    + ["crashkernel=", 'crashkernel="2M"', '"crashkernel=3M"', "crashkernel=4M,low", "crashkernel=1M,cma"]
)
WANTED = st.sampled_from(
    ["256M", "512M@64M", "1G-4G:192M,4G-64G:256M,64G-:512M", "512M,high 128M,low", "256M 64M,cma", "1M"]
)
BREAKS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\n\n", "\\\n", "\r"])


@st.composite
def arguments(draw: st.DrawFn, old: bool, odd: bool = True) -> str:
    """A kernel command line; with I(old) it may hold crashkernel= already."""
    kinds = [PLAIN, PLAIN, PLAIN] + ([ODD] if odd and draw(st.integers(0, 4)) == 0 else []) + ([OLD] if old else [])
    words = draw(st.lists(st.one_of(kinds), max_size=6))
    text = "".join(word + draw(SPACE) for word in words)
    if draw(st.booleans()):
        text = text.rstrip(" \t")
    return (draw(SPACE) if draw(st.integers(0, 9)) == 0 else "") + text


def one_line(text: str) -> str:
    """I(text) for a file in which a line break would end the value."""
    return text.replace("\n", " ").replace("\r", " ")


@st.composite
def broken(draw: st.DrawFn, text: str) -> str:
    """I(text), now and then incomplete, with a piece missing, or with something put in."""
    if draw(st.integers(0, 5)) or not text:
        return text
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 40)))
    return text[:start] + draw(st.sampled_from(["", "", "\n", '"', "'", "#", "\0", "\\", " ", "=", "x"])) + text[end:]


@st.composite
def grub_settings(draw: st.DrawFn, old: bool) -> str:
    """/etc/default/grub."""
    lines = ["GRUB_DEFAULT=0", "# crashkernel" if old else "# a comment", "GRUB_TIMEOUT=5"]
    for name in draw(st.lists(st.sampled_from(["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"]), max_size=3)):
        quote = draw(st.sampled_from(['"', '"', '"', "'", ""]))
        value = one_line(draw(arguments(old)))
        if quote == '"':
            value = value.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(
            draw(st.sampled_from(["", "", "export "]))
            + name
            + draw(st.sampled_from(["=", "+="]))
            + quote
            + value
            + quote
        )
    return draw(broken("".join(line + draw(st.sampled_from(["\n", "\n", " \n"])) for line in lines)))


@st.composite
def bls_entry(draw: st.DrawFn, old: bool) -> str:
    """An entry of the Boot Loader Specification."""
    lines = [
        "title Linux",
        "version 6.12",
        "linux /vmlinuz-6.12",
        "initrd /initrd-6.12",
        "# crashkernel=9M" if old else "#",
    ]
    for _number in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2]))):
        quote = draw(st.sampled_from(["", "", "", "", '"', "'"]))
        line = f"options{draw(st.sampled_from([' ', '    ', chr(9)]))}{quote}{one_line(draw(arguments(old)))}{quote}"
        lines.insert(draw(st.integers(0, len(lines))), line)
    ends = draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\n\n"]))
    return draw(broken(ends.join(lines) + draw(st.sampled_from([ends, ends, ""]))))


@st.composite
def legacy_menu(draw: st.DrawFn, old: bool) -> str:
    """menu.lst, with and without the lines of Debian's update-grub."""
    lines = [draw(st.sampled_from(["default 0", "default saved", "default\t1", "#default 1"])), "timeout 5"]
    debian = draw(st.booleans())
    if debian:
        lines += ["### BEGIN AUTOMAGIC KERNELS LIST", "## ## Start Default Options ##"]
        lines.append("# kopt=" + one_line(draw(arguments(old, odd=False))))
        lines += ["## e.g. kopt=root=/dev/hda1 ro", "# defoptions=" + one_line(draw(arguments(old, odd=False)))]
        lines += ["# altoptions=(single-user mode) single", "## ## End Default Options ##"]
    for number in range(draw(st.integers(1, 3))):
        blank = draw(st.sampled_from([" ", "\t\t", "="]))
        kernel = draw(
            st.sampled_from(["/vmlinuz", "/boot/vmlinuz-6", "(hd0,0)/bzImage", "/memtest.bin", "--type=linux /k"])
        )
        lines += [f"title\t\tLinux {number}", "root (hd0,0)"]
        lines.append(f"kernel{blank}{kernel} {one_line(draw(arguments(old)))}")
        lines += draw(st.sampled_from([["initrd /initrd"], [], ["module /x"], ["savedefault"], ["# kernel /vmlinuz"]]))
    if debian:
        lines.append("### END DEBIAN AUTOMAGIC KERNELS LIST")
    text = "".join(line + (draw(BREAKS) if draw(st.integers(0, 9)) == 0 else "\n") for line in lines)
    return draw(broken(text))


@st.composite
def zipl_configuration(draw: st.DrawFn, old: bool) -> str:
    """zipl.conf."""
    text = draw(
        st.sampled_from(["", "[defaultboot]\ndefault=a\n", "[defaultboot]\ndefaultmenu=m\n:m\n1=a\n2=b\ndefault=2\n"])
    )
    for name in draw(st.sampled_from(["a", "ab", "abc"])):
        lines = ["image = /boot/vmlinuz", "target=/boot", "ramdisk=/boot/initrd.img"]
        if draw(st.integers(0, 4)):
            quote = draw(st.sampled_from(['"', '"', "'", ""]))
            value = one_line(draw(arguments(old)))
            lines.append(
                "parameters"
                + draw(st.sampled_from(["=", " = "]))
                + quote
                + (value.replace(quote, "") if quote else value)
                + quote
            )
        text += f"[{name}]\n" + "".join(
            draw(st.sampled_from(["", "\t"])) + line + "\n" for line in draw(st.permutations(lines))
        )
    return draw(broken(text))
