# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written for administrators says what the code does: modules, roles and findings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.codes import CODES
from ansible_collections.kdump.fleet.plugins.plugin_utils.known_variables import FACTS, PLAYBOOK_VARIABLES
from tests.checkout import ROOT, files
from tests.unit.test_floors import FLOOR

MODULES = [path for path in files() if path.parent == Path("plugins/modules") and path.suffix == ".py"]
ROLES = sorted({path.parts[1] for path in files() if path.parts[0] == "roles"})
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "dict": (dict,),
    "float": (float, int),
    "int": (int,),
    "list": (list,),
    "path": (str,),
    "raw": (object,),
    "str": (str,),
}
WHO = {"administrator": "the administrator", "crash_test": "the crash test", "rollout": "the rollout"}
WHEN = {"now": "now", "next_boot": "next boot"}


def documentation(path: Path) -> dict[str, Any]:
    """DOCUMENTATION, EXAMPLES and RETURN of a module, parsed."""
    found = {}
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("DOCUMENTATION", "EXAMPLES", "RETURN"):
                found[name] = yaml.safe_load(ast.literal_eval(node.value))
    return found


def leaves(returned: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The return values that hold no others, with their full names."""
    for name, value in returned.items():
        if "contains" in value:
            yield from leaves(value["contains"], f"{prefix}{name}.")
        else:
            yield prefix + name, value


def options(specified: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option, suboptions included, with its full name."""
    for name, value in specified.items():
        yield prefix + name, value
        yield from options(value.get("options") or {}, f"{prefix}{name}.")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.stem))
def test_a_module_documents_everything(path: Path) -> None:
    """Every option and every return value: what it is, of which type, and an example of it."""
    found = documentation(path)
    assert sorted(found) == ["DOCUMENTATION", "EXAMPLES", "RETURN"]
    described = found["DOCUMENTATION"]
    assert described["module"] == path.stem
    assert described["version_added"]
    incomplete = [
        name for name, option in options(described.get("options") or {}) if not {"description", "type"} <= set(option)
    ]
    assert incomplete == []
    incomplete = [
        name
        for name, value in leaves(found["RETURN"] or {})
        if not {"description", "type", "returned", "sample"} <= set(value)
    ]
    assert incomplete == []


def test_every_module_is_in_the_group_of_defaults() -> None:
    """C(module_defaults) with the group reaches them all, and their documentation says so."""
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
    assert groups == {"fleet": sorted(path.stem for path in MODULES)}
    extended = {path: documentation(path)["DOCUMENTATION"]["extends_documentation_fragment"] for path in MODULES}
    assert [path for path, fragments in extended.items() if "kdump.fleet.attributes" not in fragments] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.stem))
def test_examples_call_the_module_by_its_full_name(path: Path) -> None:
    """An example can be copied into a playbook as it stands."""
    tasks = documentation(path)["EXAMPLES"]
    assert any(f"kdump.fleet.{path.stem}" in task for task in tasks)
    assert all("name" in task for task in tasks)


def role_file(role: str, name: str) -> Any:
    """A YAML file of a role."""
    return yaml.safe_load((ROOT / "roles" / role / name).read_text())


@pytest.mark.parametrize("role", ROLES)
def test_defaults_of_a_role_are_its_argument_specification(role: str) -> None:
    """The same variables, with the same defaults, of the specified types."""
    specified = role_file(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = role_file(role, "defaults/main.yml")
    optional = {name for name, option in specified.items() if not option.get("required")}
    assert set(defaults) == optional
    assert {name: specified[name].get("default") for name in defaults} == defaults
    wrong = [
        name
        for name, value in defaults.items()
        if value is not None
        and (
            not isinstance(value, PYTHON_TYPES[specified[name]["type"]])
            or (isinstance(value, bool) and specified[name]["type"] not in ("bool", "raw"))
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_a_role_are_described_and_carry_its_name(role: str) -> None:
    """Public variables begin with the role's name, and each says what it is."""
    points = role_file(role, "meta/argument_specs.yml")["argument_specs"]
    for point in points.values():
        assert point["short_description"]
        for name, option in options(point.get("options") or {}):
            assert {"description", "type"} <= set(option), name
            if name.startswith("kdump_") and role == "crash_test":  # it reads what role kdump was given
                owned = role_file("kdump", "meta/argument_specs.yml")["argument_specs"]["main"]["options"][name]
                assert (option["type"], option["default"]) == (owned["type"], owned["default"])
            else:
                assert "." in name or name.startswith(f"{role}_"), name


@pytest.mark.parametrize("role", ROLES)
def test_a_switch_may_be_a_string_as_the_command_line_makes_it(role: str) -> None:
    """C(-e switch=true) is a string, which ansible-core 2.19 and later refuse as a condition: each is cast."""
    points = role_file(role, "meta/argument_specs.yml")["argument_specs"].values()
    switches = {
        name for point in points for name, option in (point.get("options") or {}).items() if option["type"] == "bool"
    }
    uncast = [
        f"{path.name}: {text.strip()}"
        for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml"))
        for text in re.findall(r"(?:when:|    - |\bif\b|\bthat:)[^\n]*", path.read_text())
        for name in switches
        if re.search(rf"\b{name}\b(?!\s*(\|[^|]*)?\|\s*bool)", text)
    ]
    assert uncast == []


def test_entry_points_of_roles_exist() -> None:
    """What the argument specification names can be called with tasks_from."""
    missing = [
        f"{role}: {point}"
        for role in ROLES
        for point in role_file(role, "meta/argument_specs.yml")["argument_specs"]
        if not (ROOT / "roles" / role / "tasks" / f"{point}.yml").exists()
    ]
    assert missing == []


def sections(text: str) -> dict[str, str]:
    """The sections "### `code`" of docs/findings.md."""
    parts = re.split(r"^### `([^`]+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_finding_is_documented_and_nothing_else() -> None:
    """docs/findings.md has a section for each code, in the code's order."""
    text = (ROOT / "docs/findings.md").read_text()
    assert re.findall(r"^### `([^`]+)`$", text, re.MULTILINE) == list(CODES)


@pytest.mark.parametrize("code", list(CODES))
def test_a_finding_is_documented_as_it_is(code: str) -> None:
    """Severity, what it blocks, who fixes it, and the remedy."""
    kind = CODES[code]
    section = sections((ROOT / "docs/findings.md").read_text())[code]
    blocks = ", ".join(WHEN[state] for state in kind.blocks) or "nothing"
    assert f"Severity: {kind.severity}. Blocks: {blocks}. Fixed by: {WHO[kind.mended_by]}." in section
    assert f"Remedy: {kind.remedy}" in " ".join(section.split())


def facts_of(tasks: Any) -> Iterator[str]:
    """The names that set_fact gives values to, in any depth of blocks."""
    for task in tasks or []:
        yield from task.get("ansible.builtin.set_fact", {})
        for part in ("block", "rescue", "always"):
            yield from facts_of(task.get(part))


def test_facts_that_roles_set_are_described_in_one_place() -> None:
    """Whoever reads them finds who sets them; and check_variables knows them."""
    paths = [path for path in files() if path.match("roles/*/tasks/*.yml")]
    facts = {name for path in paths for name in facts_of(yaml.safe_load((ROOT / path).read_text()))}
    section = (ROOT / "docs/roles/kdump.md").read_text().split("## Facts that the roles set\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert described == {name for name in facts if not name.startswith("__")}
    assert described <= FACTS


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
UTILS = ROOT / "plugins/module_utils"


def test_files_that_the_architecture_names_exist() -> None:
    """They are named from the repository's directory, or from that of module_utils."""
    names = {name for name in re.findall(r"`([^`\s]+)`", ARCHITECTURE) if re.search(r"\.(?:py|yml|md)$|/", name)}
    assert len(names) > 40
    assert sorted(name for name in names if not (ROOT / name).exists() and not (UTILS / name).exists()) == []


def test_the_architecture_has_every_package_on_its_floor() -> None:
    """The table is the order that the unit test keeps."""
    rows = re.findall(r"^\| (\d) \| `(\w+)/` \|", ARCHITECTURE, re.MULTILINE)
    assert {package: int(floor) - 1 for floor, package in rows} == FLOOR
    assert rows == sorted(rows, key=lambda row: -int(row[0]))


def test_the_architecture_fits_on_a_screen() -> None:
    """Whoever reads it reads all of it."""
    assert len(ARCHITECTURE.splitlines()) <= 60


SITE = "https://github.com/kdump-fleet/kdump.fleet/"
ON_GALAXY = [path for path in files() if path == Path("README.md") or path.match("roles/*/README.md")]
PAGES = [path for path in files() if path.suffix == ".md" and "fixtures" not in path.parts]


def links(path: Path) -> list[str]:
    """Where the links of a page lead, without code."""
    text = re.sub(r"```.*?```|`[^`]*`", "", (ROOT / path).read_text(), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(path: Path) -> set[str]:
    """The names that headings of a page have as targets of links."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", ON_GALAXY, ids=str)
def test_links_of_a_page_on_galaxy_are_absolute(path: Path) -> None:
    """Galaxy shows these pages without the files beside them."""
    assert [link for link in links(path) if not link.startswith("https://")] == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    """Each link into the repository leads to a file, and to a heading of it."""
    lost = []
    for link in links(path):
        target, _hash, anchor = re.sub(rf"^{SITE}(?:blob|tree)/main/", "/", link).partition("#")
        if ":" in target:
            continue
        found = (
            ROOT / target[1:] if target.startswith("/") else (ROOT / path).parent / target if target else ROOT / path
        )
        if not found.exists() or (anchor and anchor not in anchors(found.relative_to(ROOT))):
            lost.append(link)
    assert lost == []


def test_every_playbook_and_its_variables_are_documented() -> None:
    """docs/playbooks.md has a section for each playbook and a row for each variable of theirs."""
    text = (ROOT / "docs/playbooks.md").read_text()
    playbooks = {path.stem for path in files() if path.match("playbooks/*.yml") and len(path.parts) == 2}
    assert playbooks - set(re.findall(r"^## (\w+)$", text, re.MULTILINE)) == set()
    assert set(PLAYBOOK_VARIABLES) - set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set()
    readme = (ROOT / "README.md").read_text()
    assert [name for name in sorted(playbooks) if f"`kdump.fleet.{name}`" not in readme] == []
