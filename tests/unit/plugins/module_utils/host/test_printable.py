# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of printable.py."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import is_printable, printable

ANY_TEXT = st.text(st.characters())  # surrogates included


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("crash", "crash"),
        ("a\tb\nc", "a\tb\nc"),
        (b"d\xfcmps".decode("utf-8", "surrogateescape"), "d\\xfcmps"),
        ("d\u00fcmps \u2192 here", "d\u00fcmps \u2192 here"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31mred\x7f\0", "\\x9b31mred\\x7f\\x00"),
        ("\ud83d alone", "\\ud83d alone"),
        ("\udc7f\udc80\udcff\udd00", "\\udc7f\\x80\\xff\\udd00"),  # bytes are those in the middle
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("\u202a\u202d\u2066\u2069\u200e\u200f\u061c", "\\u202a\\u202d\\u2066\\u2069\\u200e\\u200f\\u061c"),
        ("web\u200b1\u200d\u2060\ufeff\xad", "web\\u200b1\\u200d\\u2060\\ufeff\\xad"),
        ("one\u2028two\u2029", "one\\u2028two\\u2029"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_unprintable_characters_are_shown(text: str, expected: str) -> None:
    assert printable(text) == expected
    assert is_printable(text) == (text == expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (3, 3),
        (True, True),
        ({"\udcff": ["\udcff", {"a": "\udcff"}]}, {"\\xff": ["\\xff", {"a": "\\xff"}]}),
        (("\udcff", 1), ["\\xff", 1]),
    ],
)
def test_dictionaries_and_lists_are_shown_deeply(value: Any, expected: Any) -> None:
    assert printable(value) == expected


@given(ANY_TEXT)
def test_the_result_can_be_written_as_json_and_as_utf8(text: str) -> None:
    shown = printable({"text": [text]})
    assert json.loads(json.dumps(shown, ensure_ascii=False).encode("utf-8").decode("utf-8")) == shown
    assert printable(shown) == shown
    assert is_printable(shown["text"][0])
