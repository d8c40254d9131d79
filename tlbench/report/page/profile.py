"""Profiles -> one page: for whom transfer pays, the chart of each scenario, and every number behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tomli_w

from tlbench.report.charts.profile import profile_pictures
from tlbench.report.page.render import render
from tlbench.report.profile_text import (
    HEADINGS,
    LEGEND,
    LEVEL_HEADINGS,
    level_row,
    mark_of,
    method_rows,
    profile_sentences,
    profiles_as_json,
    setting_line,
)
from tlbench.report.sections.provenance import environment_terms
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tlbench.analysis.profile import MethodProfile, Profile, ProfilePoint
    from tlbench.suite import Suite


def profiles_as_html(profiles: Sequence[Profile], suite: Suite, environment: Mapping[str, Any]) -> str:
    """Return the profiles as one HTML page that needs no network.

    `environment` is what the results say that they were made with.
    """
    parts = [_part(profile) for profile in profiles]
    return render(
        "profile.html.jinja",
        name=suite.name,
        question="For whom does transfer pay, and up to which target history?",
        report=json.loads(profiles_as_json(profiles)),
        sections=[*((part["anchor"], part["name"]) for part in parts), ("provenance", "Provenance")],
        legend=LEGEND,
        parts=parts,
        level_headings=LEVEL_HEADINGS,
        headings=HEADINGS,
        provenance=[("protocol", str(suite.protocol)), *environment_terms(environment)],
        suite_file=tomli_w.dumps(suite.as_table()),
    )


def _part(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.scenario,
        "anchor": f"profile-of-{parse_scenario(profile.scenario).slug}",
        "sentences": [f"{sentence}." for sentence in profile_sentences(profile)],
        "pays": bool(profile.paying),
        "setting": f"{setting_line(profile)}.",
        "picture": next(iter(profile_pictures([profile])), None),
        "levels": [str(level.level) for level in profile.levels],
        "level_rows": [level_row(level) for level in profile.levels],
        "methods": [_row(method) for method in profile.methods],
        "details": [{"name": method.method, "rows": method_rows(method)} for method in profile.methods],
        "absent": [f"{name}: {why}" for name, why in (*profile.not_applicable.items(), *profile.failed.items())],
    }


def _row(method: MethodProfile) -> dict[str, Any]:
    return {
        "name": method.method,
        "cells": [{"text": mark_of(point).strip(), "kind": _kind(point)} for point in method.points],
    }


def _kind(point: ProfilePoint) -> str:
    """The colour of a cell; its sign says the same."""
    if point.pays:
        return "good"
    if point.best_baseline is not None and point.best_baseline.high < 0:
        return "bad"
    return "doubt" if point.helps else ""
