# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that every file of the repository keeps."""

import ast
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT, files

SHIPPED_TO_HOSTS = ("plugins/modules/", "plugins/module_utils/")
LONGEST_MAIN = 30
LONGEST_UTIL = 300
LONGEST_TASKS = 60
LARGEST_FIXTURE = 64 * 1024
HEADER = "SPDX-License-Identifier: GPL-3.0-or-later"
# Built from parts, so that this file keeps its own rule.
REGISTRIES = [
    ".".join(name)
    for name in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("galaxy", "ansible", "com"),
        ("quay", "io"),
        ("ghcr", "io"),
        ("docker", "io"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("fedoraproject", "org/pub"),
    )
]
IMAGES = Path(".github/cloud-images.json")  # where distributions publish their images; no registry of packages
NOT_LIVED_IN = re.compile(r"/(?:root|home/[a-z0-9_-]+)/\.(?:pyenv|cache|local|nox|venv)\b")
UNDONE = re.compile(r"\b(?:" + "TO" + "DO|FIX" + r"ME|X" + r"XX)\b")
NOT_TESTED = re.compile(r"\bpytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b")
SILENCED = re.compile(r"#\s*(?:noqa|type: ignore)\b(?P<rest>.*)")
REASON = re.compile(r"^(?::\s*[A-Z0-9, ]+|\[[a-z, -]+\])\s+(?:#\s*|\()\w")


def under(*prefixes: str) -> list[Path]:
    """The repository's files below these prefixes."""
    return [path for path in files() if str(path).startswith(prefixes)]


def python(*prefixes: str) -> list[Path]:
    """The Python files with any content below these prefixes."""
    return [path for path in under(*prefixes) if path.suffix == ".py" and (ROOT / path).stat().st_size]


def text_of(path: Path) -> str | None:
    """The text of a file, None for a binary one."""
    try:
        return (ROOT / path).read_text()
    except UnicodeDecodeError:
        return None


def lines_of(path: Path) -> int:
    """How many lines a file has."""
    return len((ROOT / path).read_text().splitlines())


def names(paths: list[Path]) -> list[str]:
    """Names of test cases."""
    return [str(path) for path in paths]


def test_main_of_a_module_is_short() -> None:
    """What a module does stands in module_utils."""
    long = {}
    for path in python("plugins/modules/"):
        for node in ast.parse((ROOT / path).read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name == "main":
                assert node.end_lineno is not None
                long[str(path)] = node.end_lineno - node.lineno + 1
    assert {path: lines for path, lines in long.items() if lines > LONGEST_MAIN} == {}
    action = {path.stem for path in under("plugins/action/")}  # documentation only: the work is done on the controller
    assert {
        path for path in map(str, python("plugins/modules/")) if path not in long and Path(path).stem not in action
    } == set()


def test_utils_have_one_subject() -> None:
    """A file that grows beyond a few screens has more than one."""
    assert {
        str(path): lines_of(path) for path in python("plugins/module_utils/") if lines_of(path) > LONGEST_UTIL
    } == {}


def test_tasks_of_a_role_read_like_a_procedure() -> None:
    """tasks/main.yml fits on a page."""
    long = {str(path): lines_of(path) for path in under("roles/") if path.match("roles/*/tasks/main.yml")}
    assert {path: lines for path, lines in long.items() if lines > LONGEST_TASKS} == {}


def test_python_files_name_their_license() -> None:
    """Each Python file says whose it is and under which terms, in its first lines."""
    assert [
        str(path) for path in python("") if HEADER not in "".join((ROOT / path).read_text().splitlines(True)[:4])
    ] == []


def test_packages_are_empty_files() -> None:
    """An __init__.py holds nothing, and the unit tests have one in each directory, so that equal names do not clash."""
    packages = [path for path in files() if path.name == "__init__.py"]
    sent = [path for path in packages if path.parts[0] == "plugins" or path.parts[:2] == ("tests", "unit")]
    assert [str(path) for path in sent if (ROOT / path).stat().st_size] == []
    directories = {path.parent for path in under("tests/unit/") if path.suffix == ".py"}
    assert sorted(str(path) for path in directories if path / "__init__.py" not in packages) == []


def test_no_place_of_one_machine_and_no_registry_is_named() -> None:
    """The repository works anywhere: addresses of packages come from the machine's own configuration."""
    places = [str(ROOT), *REGISTRIES]
    found = []
    for path in files():
        text = text_of(path) or ""
        found += [f"{path}: {place}" for place in places if place in text and path != IMAGES]
        found += [f"{path}: {match.group()}" for match in NOT_LIVED_IN.finditer(text)]
    assert found == []


def test_nothing_is_left_undone_or_untested() -> None:
    """No reminders, no tests that do not run, no complaint of a tool silenced without the reason beside it."""
    found = []
    for path in python(""):
        for number, line in enumerate((ROOT / path).read_text().splitlines(), start=1):
            silenced = SILENCED.search(line)
            unfounded = silenced is not None and "re.compile" not in line and not REASON.match(silenced["rest"])
            if UNDONE.search(line) or NOT_TESTED.search(line) or unfounded:
                found.append(f"{path}:{number}: {line.strip()}")
    assert found == []


def test_no_sanity_test_is_ignored() -> None:
    """The ignore files of ansible-test are there and empty."""
    ignores = under("tests/sanity/ignore-")
    assert "tests/sanity/ignore-2.16.txt" in names(ignores)
    assert [str(path) for path in ignores if (ROOT / path).stat().st_size] == []


def test_fixtures_are_small_and_say_where_they_come_from() -> None:
    """Real outputs, cut to what a test needs; a README.md beside or above each says where it comes from."""
    fixtures = [path for path in under("tests/unit/fixtures/") if path.name != "README.md"]
    assert [str(path) for path in fixtures if (ROOT / path).stat().st_size > LARGEST_FIXTURE] == []
    assert [str(path) for path in fixtures if not described(path)] == []


def described(fixture: Path) -> bool:
    """Whether a README.md names the fixture or the directory that it belongs to."""
    for directory in fixture.parents:
        readme = ROOT / directory / "README.md"
        if directory.is_relative_to("tests/unit/fixtures") and readme.exists():
            inside = fixture.relative_to(directory)
            text = readme.read_text()
            return any(str(name) in text for name in [inside, inside.name, *list(inside.parents)[:-1]])
    return False


def test_versions_agree() -> None:
    """The newest heading of the changelog is the version of the collection."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0].replace("\\", "") == f"v{version}"


def test_an_artifact_holds_files_of_the_repository_only(tmp_path: Path) -> None:
    """No environment, cache, image or result of a run gets into what is published."""
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    command: list[str | Path] = [galaxy, "collection", "build", "--output-path", tmp_path, ROOT]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (artifact,) = tmp_path.glob("kdump-fleet-*.tar.gz")
    with tarfile.open(artifact) as archive:
        held = {Path(member.name) for member in archive if not member.isdir()}
    assert sorted(held - set(files()) - {Path("MANIFEST.json"), Path("FILES.json")}) == []
    wanted = under("plugins/", "roles/", "playbooks/", "docs/", "README.md", "LICENSE", "meta/runtime.yml")
    assert sorted(set(wanted) - held) == []


@pytest.mark.parametrize("path", [ROOT / ".ci/run", ROOT / ".ci/environment"], ids=lambda path: str(path.name))
def test_scripts_can_be_run(path: Path) -> None:
    """The scripts of the gate are executable."""
    assert path.stat().st_mode & 0o111


def test_workflows_run_what_is_named_by_its_commit() -> None:
    """A tag can be moved, a commit cannot; and the table of images has no checksum that nobody has published."""
    uses = [line for path in under(".github/workflows/") for line in re.findall(r"uses: (.*)", text_of(path) or "")]
    assert uses
    assert [line for line in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line)] == []
    for image in json.loads((ROOT / IMAGES).read_text()):
        assert set(image) == {"name", "image", "checksums", "python", "requirements"}
        assert image["image"].startswith("https://")
        assert image["checksums"].startswith("https://")
        assert (ROOT / "requirements" / image["requirements"]).exists()


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: str(path.name))
def test_requirements_are_pinned_with_hashes(path: Path) -> None:
    """Every package by its version and the hashes of its files."""
    packages = re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE).strip())
    assert [
        package
        for package in packages
        if not re.match(r"\S+==\S+[^\\]*\\\n(?: +--hash=sha256:\w{64}(?: \\\n)?)+$", package)
    ] == []
