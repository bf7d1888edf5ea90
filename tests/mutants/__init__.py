# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation tests of the pure modules: "make mutants" changes one expression at a time, and a unit test must fail.

``modules`` says which modules are pure, ``changes`` what is changed, ``coverage`` which tests run the changed line,
``run`` runs these in a child process for each change. ``equivalent.txt`` names the changes that no test can notice
because they change nothing that anybody sees; they are not counted.
"""
