# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One word for one thing, in whatever a person reads: documentation, messages, task names, comments."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ROOT

# What is written, and the word for it. A name in code, in a path or in a variable (former_pins, KEY.former.pub) is not
# prose: it has no blank on one of its sides.
WORDS = {
    r"roll-outs?": "rollout",
    r"anew": "again",
    r"(?:kernels?|images) to come": "later kernels",
    r"mend(?:s|ed|ing)?": "fix, repair",
    r"formerly": "previously",
    r"(?:a|the|its|of|are|and|put) former": "previous",
    r"(?:a|the|its|own|each|host's|per) folders?": "directory",
    r"(?:of|below) folders": "directories",
    r"ended with (?:exit )?status \S+ and said": "failed with exit status 2: TEXT",
    r"(?:can|could)(?:not| not)? be told": "can be determined, is unknown",
    r"told apart": "distinguished",
    r"cut short": "incomplete",
    r"(?:is|are|was|a) whole dumps?": "complete",
}
PATTERN = re.compile(r"(?<![\w./-])(?:" + "|".join(WORDS) + r")(?![\w/-])", re.IGNORECASE)
# The changelog is history, the licence is somebody else's, and this file names the words.
EXCEPTIONS = ("CHANGELOG.md", "changelogs/", "LICENSE", "requirements/", "tests/unit/test_language.py")


def texts() -> Iterator[Path]:
    """The repository's own texts; fixtures are what other programs wrote."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in listed.split("\0"):
        if name and not name.startswith(EXCEPTIONS) and "fixtures" not in Path(name).parts and (ROOT / name).is_file():
            yield ROOT / name


def wrong(text: str) -> list[tuple[int, str]]:
    """The numbers of lines, and what should not be written there; a phrase may go on in the next line."""
    joined = re.sub(r"\n[ #*]*", lambda found: "\n" + " " * (len(found.group()) - 1), text)
    prose = re.sub(r"\s", " ", joined)
    phrases = re.compile(PATTERN.pattern.replace(" ", " +"), re.IGNORECASE)
    return [(joined.count("\n", 0, found.start()) + 1, found.group()) for found in phrases.finditer(prose)]


@pytest.mark.parametrize(
    "text",
    [
        "# run the roll-out",
        "Build it anew, or remove it",
        "for kernels\n    # to come.",
        "who mends it",
        "the former one",
        "in its folder",
        "It cannot be told which",
        "The header is cut short: 3 bytes",
        "'x' ended with status 1 and said: no",
    ],
)
def test_words_are_found(text: str) -> None:
    """Whatever stands around them, and where a line ends between them."""
    assert len(wrong("\n" + text)) == 1


@pytest.mark.parametrize("text", ["KEY.former.pub", "former = 1", "make-folders.sh", "recommended", "folder(parts)"])
def test_names_are_not_prose(text: str) -> None:
    """Names stay what they are."""
    assert wrong(text) == []


def test_one_word_for_one_thing() -> None:
    """In every text of the repository."""
    found = []
    for path in texts():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # an image or another binary file
            continue
        found += [f"{path.relative_to(ROOT)}:{line}: {words}" for line, words in wrong(text)]
    assert found == []
