# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of debug_symbols.py."""

from pathlib import Path
from typing import Dict, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.tools.debug_symbols import (
    debug_repositories,
    of_debian_host,
    of_rpm_host,
    repositories,
    rpm_package,
)
from tests.unit.plugins.module_utils.host_tree import HostTree

RELEASE = "6.17.5-300.fc43.x86_64"


@pytest.mark.parametrize(
    ("release", "package"),
    [
        (RELEASE, "kernel-debuginfo-" + RELEASE),
        ("5.14.0-570.12.1.el9_6.aarch64+64k", "kernel-64k-debuginfo-5.14.0-570.12.1.el9_6.aarch64"),
        ("6.12.0-55.el10.x86_64+rt", "kernel-rt-debuginfo-6.12.0-55.el10.x86_64"),
        ("6.17.5-300.fc43.x86_64+debug", "kernel-debug-debuginfo-6.17.5-300.fc43.x86_64"),
        ("6.12.0-55.el10.aarch64+rt-64k-debug", "kernel-rt-64k-debug-debuginfo-6.12.0-55.el10.aarch64"),
        ("6.12.107+deb13-cloud-amd64", "kernel-debuginfo-6.12.107+deb13-cloud-amd64"),
        ("4.18.0-553.rt7.342.el8_10.x86_64", "kernel-rt-debuginfo-4.18.0-553.rt7.342.el8_10.x86_64"),
        ("5.15.0-3.60.5.1.el9uek.x86_64", "kernel-uek-debuginfo-5.15.0-3.60.5.1.el9uek.x86_64"),
    ],
)
def test_the_package_has_the_exact_release_and_the_kernels_line(release: str, package: str) -> None:
    assert rpm_package(release) == package


def test_repositories_are_enabled_unless_they_say_no() -> None:
    text = (
        "[main]\ngpgcheck=1\n\n[a]\nname=A\nenabled=0\n[b]\nenabled = 1\n[c]\nname=enabled\n#[d]\n[e]\nEnabled=False\n"
    )
    assert repositories([text]) == {"main": True, "a": False, "b": True, "c": True, "e": False}
    assert repositories(["enabled=1\n[x]", "enabled=0\n"]) == {"x": False}
    assert repositories([]) == {}


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (
            {
                "fedora": True,
                "updates": True,
                "fedora-debuginfo": False,
                "updates-debuginfo": False,
                "x-debuginfo": False,
            },
            ["fedora-debuginfo", "updates-debuginfo"],
        ),
        (
            {
                "rhel-9-for-x86_64-baseos-rpms": True,
                "rhel-9-for-x86_64-baseos-debug-rpms": False,
                "rhel-9-for-x86_64-appstream-rpms": False,
                "rhel-9-for-x86_64-appstream-debug-rpms": False,
            },
            ["rhel-9-for-x86_64-baseos-debug-rpms"],
        ),
        ({"baseos": True, "extras": False, "baseos-debuginfo": False, "extras-debuginfo": False}, ["baseos-debuginfo"]),
        ({"ol9_baseos_latest": True, "ol9_debuginfo": False}, ["ol9_debuginfo"]),
        ({"base": True}, []),
        ({}, []),
    ],
)
def test_debug_repositories_belong_to_the_enabled_ones(known: Dict[str, bool], wanted: List[str]) -> None:
    assert debug_repositories(known) == wanted


def test_an_rpm_host_with_and_without_symbols(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    tree.write("/etc/yum.repos.d/fedora.repo", "[fedora]\nenabled=1\n[fedora-debuginfo]\nenabled=0\n")
    found = of_rpm_host(tree.host(), RELEASE)
    assert found == ("kernel-debuginfo-" + RELEASE, ["fedora-debuginfo"], None)
    vmlinux = "/usr/lib/debug/lib/modules/{0}/vmlinux".format(RELEASE)
    tree.write(vmlinux, "")
    assert of_rpm_host(tree.host(), RELEASE).vmlinux == vmlinux


def test_a_debian_host_and_ubuntu_name_the_package_differently(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    assert of_debian_host(tree.host(), "6.12.1-amd64").package == "linux-image-6.12.1-amd64-dbg"
    tree.write("/etc/os-release", "ID=linuxmint\nID_LIKE=ubuntu\n")
    tree.write("/usr/lib/debug/boot/vmlinux-6.8.0-1-generic", "")
    found = of_debian_host(tree.host(), "6.8.0-1-generic")
    assert found == ("linux-image-6.8.0-1-generic-dbgsym", [], "/usr/lib/debug/boot/vmlinux-6.8.0-1-generic")
