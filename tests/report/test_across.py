"""Averages over scenarios, as the reports print them."""

import json

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from tlbench.report import as_json, as_markdown
from tlbench.report.across import pooled
from tlbench.report.document import Report
from tlbench.scenario.grammar import COLD_MARK


def test_the_average_is_that_of_statsmodels(demo):
    averages = pooled(demo)
    warm, cold = ([found for found in demo.scenarios if found.counts.population == who] for who in ("warm", "cold"))
    assert {judgement.method for judgement in warm[0].judgements} <= set(averages)
    for name, average in averages.items():
        method, new_to_target = name.removesuffix(COLD_MARK), name.endswith(COLD_MARK)
        sides = [found.judgement(method).counterpart.comparison for found in (cold if new_to_target else warm)]
        effects, variances = zip(*((side.relative, side.relative_error**2) for side in sides), strict=True)
        with np.errstate(invalid="ignore"):  # it takes the root of a negative variance before it drops it
            known = combine_effects(np.array(effects), np.array(variances), method_re="chi2")
        assert average.tau2 == pytest.approx(max(known.tau2, 0.0), rel=1e-6, abs=1e-12)
        if known.tau2 > 0:
            assert average.mean == pytest.approx(known.mean_effect_re, rel=1e-6)


def test_markdown_and_json_show_it_where_there_are_several_scenarios(demo):
    assert "## Across scenarios" in as_markdown(Report(demo))
    assert json.loads(as_json(Report(demo)))["across"]["pooled-ease"]["mean"]
