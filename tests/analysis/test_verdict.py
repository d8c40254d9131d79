"""Verdicts: the rules of one comparison, all combinations of the three questions, and the sentences."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tlbench.analysis.verdict import (
    Advice,
    Finding,
    Judgement,
    Outcome,
    Questions,
    Verdict,
    conclude,
    incomparable,
    judge,
    judge_family,
    judge_suite,
    p_text,
    recommend,
    synthesise,
)
from tlbench.errors import NotComparable, TlbenchError
from tlbench.rng import stream
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.corrections import adjust
from tlbench.stats.paired import pair_values


def comparison(gain: float, *, spread: float = 0.05, n: int = 400, control: str = "ease") -> Comparison:
    """One whose control's mean is 0.2, whose mean difference is exactly `gain` and whose spread is exactly `spread`."""
    noise = stream(0, "verdict").normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    base = 0.2 + 0.01 * np.resize([1.0, -1.0], n)
    paired = pair_values(base + gain + spread * noise, base)
    return compare(paired, candidate="pooled-ease", control=control, metric="ndcg@10")


HELPS = comparison(0.0082)
HURTS = comparison(-0.0082)
EQUAL = comparison(0.0, spread=0.01)
OPEN = comparison(0.002)
BY_OUTCOME = {
    Outcome.HELPS: HELPS,
    Outcome.HURTS: HURTS,
    Outcome.EQUIVALENT: EQUAL,
    Outcome.INCONCLUSIVE: OPEN,
}


def verdict(outcome: Outcome, *, control: str = "ease") -> Verdict:
    if outcome is Outcome.NOT_COMPARABLE:
        return incomparable(NotComparable("other splits"))
    return judge(replace(BY_OUTCOME[outcome], control=control))


@pytest.mark.parametrize("outcome", BY_OUTCOME)
def test_each_outcome_comes_from_its_rule(outcome: Outcome) -> None:
    assert judge(BY_OUTCOME[outcome]).outcome is outcome


def test_the_corrected_p_value_decides() -> None:
    weak = comparison(0.0055)
    assert weak.pvalue < 0.05
    assert judge(weak).outcome is Outcome.HELPS
    corrected = adjust([weak, OPEN, OPEN])[0]
    assert corrected.adjusted > 0.05
    assert judge(corrected).outcome is Outcome.INCONCLUSIVE


def test_a_difference_that_is_real_but_inside_the_margin_is_equivalent_and_says_so() -> None:
    small = judge(comparison(0.0005, spread=0.003))
    assert small.comparison is not None
    assert small.comparison.pvalue < 0.001
    assert small.outcome is Outcome.EQUIVALENT
    assert small.reason.endswith("though it is not zero (p < .001)")


def test_inconclusive_names_the_users_that_would_settle_it() -> None:
    found = judge(OPEN)
    # two equal methods, margin 0.002, spread 0.05, TOST: (z(.95) + z(.9))^2 (0.05 / 0.002)^2 = 5,353
    assert found.users_needed == pytest.approx(5353, abs=4)
    assert "about 5,400 users" in found.reason
    assert found.users_needed is not None
    assert judge(replace(OPEN, family=4)).users_needed > found.users_needed  # type: ignore[operator]


def test_no_difference_at_all_is_equivalent_with_p_of_one() -> None:
    same = np.linspace(0, 1, 7)
    found = judge(compare(pair_values(same, same), candidate="a", control="b", metric="m"))
    assert found.outcome is Outcome.EQUIVALENT
    assert found.comparison is not None
    assert found.comparison.pvalue == 1.0
    assert found.reason == "no user's value differs"


def test_all_zero_metrics_on_both_sides_are_equivalent() -> None:
    found = judge(compare(pair_values(np.zeros(9), np.zeros(9)), candidate="a", control="b", metric="m"))
    assert found.outcome is Outcome.EQUIVALENT


def test_two_users_who_gain_alike_do_not_make_a_verdict() -> None:
    two = compare(pair_values(np.array([0.5, 0.5]), np.array([0.1, 0.1])), candidate="a", control="b", metric="m")
    assert judge(two).outcome is Outcome.INCONCLUSIVE


def test_a_control_of_nothing_leaves_the_p_value_alone_to_decide() -> None:
    gained = compare(pair_values(np.tile([0.1, 0.0, 0.3], 20), np.zeros(60)), candidate="a", control="b", metric="m")
    assert judge(gained).outcome is Outcome.HELPS
    few = compare(pair_values(np.array([0.1, 0.0, 0.3]), np.zeros(3)), candidate="a", control="b", metric="m")
    assert judge(few).outcome is Outcome.INCONCLUSIVE
    assert "control's mean is 0" in judge(few).reason


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(TlbenchError, match="alpha is 1"):
        judge(HELPS, alpha=1.0)


# --- the three questions ----------------------------------------------------------------------------------------

H, W, E, O, N = Outcome  # noqa: E741  helps, hurts (worse), equivalent, inconclusive (open), not comparable
CONCLUSIONS = {
    # (against the counterpart, against the placebo): does transfer help?
    (H, H): Finding.HELPS,
    (H, W): Finding.NOT_THE_SOURCE,
    (H, E): Finding.NOT_THE_SOURCE,
    (H, O): Finding.UNATTRIBUTED,
    (H, N): Finding.UNATTRIBUTED,
    (H, None): Finding.UNATTRIBUTED,
    (W, H): Finding.HURTS,
    (W, W): Finding.HURTS,
    (W, E): Finding.HURTS,
    (W, O): Finding.HURTS,
    (W, N): Finding.HURTS,
    (W, None): Finding.HURTS,
    (E, H): Finding.EQUIVALENT,
    (E, W): Finding.EQUIVALENT,
    (E, E): Finding.EQUIVALENT,
    (E, O): Finding.EQUIVALENT,
    (E, N): Finding.EQUIVALENT,
    (E, None): Finding.EQUIVALENT,
    (O, H): Finding.INCONCLUSIVE,
    (O, W): Finding.INCONCLUSIVE,
    (O, E): Finding.INCONCLUSIVE,
    (O, O): Finding.INCONCLUSIVE,
    (O, N): Finding.INCONCLUSIVE,
    (O, None): Finding.INCONCLUSIVE,
    (N, H): Finding.NOT_COMPARABLE,
    (N, W): Finding.NOT_COMPARABLE,
    (N, E): Finding.NOT_COMPARABLE,
    (N, O): Finding.NOT_COMPARABLE,
    (N, N): Finding.NOT_COMPARABLE,
    (N, None): Finding.NOT_COMPARABLE,
}
ADVICE = {H: Advice.USE, W: Advice.DO_NOT_USE, E: Advice.EITHER, O: Advice.CANNOT_TELL, N: Advice.CANNOT_TELL}


def test_the_table_holds_every_combination() -> None:
    assert set(CONCLUSIONS) == set(itertools.product(Outcome, [*Outcome, None]))
    assert set(ADVICE) == set(Outcome)


@pytest.mark.parametrize(("answers", "expected"), CONCLUSIONS.items())
def test_counterpart_and_placebo_decide_whether_transfer_helps(
    answers: tuple[Outcome, Outcome | None], expected: Finding
) -> None:
    assert conclude(*answers) is expected


@pytest.mark.parametrize(("answer", "expected"), ADVICE.items())
def test_the_best_baseline_decides_whether_to_use_it(answer: Outcome, expected: Advice) -> None:
    assert recommend(answer) is expected


def judged(counterpart: Outcome, best: Outcome, placebo: Outcome | None) -> Judgement:
    return synthesise(
        "a->b",
        "pooled-ease",
        verdict(counterpart),
        verdict(best, control="ials"),
        None if placebo is None else verdict(placebo, control="pooled-ease~shuffled-bridge"),
    )


@pytest.mark.parametrize("answers", list(itertools.product(Outcome, Outcome, [*Outcome, None])))
def test_every_combination_has_a_sentence_that_agrees_with_its_outcome(
    answers: tuple[Outcome, Outcome, Outcome | None],
) -> None:
    found = judged(*answers)
    openings = {
        Finding.HELPS: "Transfer helps: ",
        Finding.HURTS: "Transfer hurts: ",
        Finding.EQUIVALENT: "Transfer makes no difference that matters: ",
        Finding.INCONCLUSIVE: "Inconclusive: ",
        Finding.NOT_THE_SOURCE: "The gain is not the source's: ",
        Finding.UNATTRIBUTED: "A gain, but not shown to be the source's: ",
        Finding.NOT_COMPARABLE: "Not comparable: ",
    }
    assert found.outcome is CONCLUSIONS[answers[0], answers[2]]
    assert found.sentence.startswith(openings[found.outcome])
    assert found.sentence.count(". ") <= 1
    assert not found.sentence.endswith(".")
    assert ("ials" in found.sentence) == (answers[1] is not Outcome.NOT_COMPARABLE)


def test_the_sentence_of_a_success_reads_like_a_finding() -> None:
    assert judged(H, H, H).sentence == (
        "Transfer helps: pooled-ease beats ease by +4.1 % [1.6, 6.6] ndcg@10, p = .001, and its own placebo. "
        "It beats the best baseline, ials, by +4.1 % [1.6, 6.6]"
    )


def test_the_sentence_of_a_false_success_names_the_placebo() -> None:
    assert judged(H, W, E).sentence == (
        "The gain is not the source's: pooled-ease beats ease by +4.1 % [1.6, 6.6] ndcg@10, p = .001, "
        "but its placebo does as well. The best baseline, ials, is better (-4.1 % [-6.6, -1.6]): use ials"
    )


def test_a_counterpart_that_is_also_the_best_baseline_is_not_compared_twice_in_words() -> None:
    found = synthesise("a->b", "pooled-ease", verdict(H), verdict(H), verdict(H))
    assert found.sentence.endswith("and its own placebo. ease is also the best baseline")


def test_each_question_is_a_family_over_all_candidates_and_scenarios() -> None:
    asked = [
        Questions(scenario, method, HELPS, replace(OPEN, control="ials"), placebo)
        for scenario, (method, placebo) in itertools.product(["a->b", "c->d"], [("m", HELPS), ("n", None)])
    ]
    found = judge_suite(asked)
    assert [(j.scenario, j.method) for j in found] == [("a->b", "m"), ("a->b", "n"), ("c->d", "m"), ("c->d", "n")]
    assert [j.outcome for j in found] == [Finding.HELPS, Finding.UNATTRIBUTED] * 2
    families = [(j.counterpart.comparison, j.best_baseline.comparison) for j in found]
    assert all(first is not None and first.family == 4 for first, _ in families)
    placebos = [j.placebo.comparison for j in found if j.placebo is not None]
    assert all(c is not None and c.family == 2 for c in placebos)
    assert "(Holm, 4 candidates)" in found[0].sentence


def test_an_incomparable_candidate_takes_no_part_in_the_correction() -> None:
    found = judge_family([HELPS, NotComparable("other splits"), OPEN])
    assert [v.outcome for v in found] == [Outcome.HELPS, Outcome.NOT_COMPARABLE, Outcome.INCONCLUSIVE]
    assert found[0].comparison is not None
    assert found[0].comparison.family == 2
    assert found[1].reason == "other splits"


def test_a_family_can_be_corrected_by_max_t_from_its_values() -> None:
    rng = stream(1, "family")
    shared, control = rng.normal(0.02, 0.2, 300), np.full(300, 0.2)
    pairs = [pair_values(control + shared + 0.01 * rng.normal(size=300), control) for _ in range(8)]
    compared = [compare(p, candidate="m", control="ease", metric="ndcg@10") for p in pairs]
    asked = [
        Questions("a->b", f"m{i}", c, c, None, values=(p, p, None))
        for i, (c, p) in enumerate(zip(compared, pairs, strict=True))
    ]
    found = [judgement.counterpart.comparison for judgement in judge_suite(asked, method="max-t")]
    holm = [judgement.counterpart.comparison for judgement in judge_suite(asked)]
    assert all(one is not None and one.correction == "max-t" and one.family == 8 for one in found)
    assert all(one.adjusted <= two.adjusted + 0.01 for one, two in zip(found, holm, strict=True) if one and two)
    with pytest.raises(TlbenchError, match="8 comparisons and 0 pairs"):
        judge_family(compared, method="max-t")


def test_equivalence_is_corrected_with_its_family_too() -> None:
    barely = comparison(0.0, spread=0.0225)
    assert judge(barely).outcome is Outcome.EQUIVALENT
    assert 0.025 < (judge(barely).equivalence or 0) < 0.05
    assert judge_family([barely, OPEN, OPEN])[0].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("pvalue", "text"), [(0.0, "p < .001"), (0.0123, "p = .012"), (0.5, "p = .500"), (0.9999, "p = 1"), (1.0, "p = 1")]
)
def test_p_values_print_as_in_papers(pvalue: float, text: str) -> None:
    assert p_text(pvalue) == text


@pytest.mark.parametrize("placebo", [None, *Outcome])
@pytest.mark.parametrize("best", list(Outcome))
def test_no_verdict_reads_helps_where_the_source_leaks_the_test(best: Outcome, placebo: Outcome | None):
    third = None if placebo is None else verdict(placebo)
    for first in Outcome:
        found = synthesise("a->b", "pooled-ease", verdict(first), verdict(best), third, leak=0.15)
        assert found.outcome is not Finding.HELPS
        assert "helps" not in found.sentence.lower()
        if first is Outcome.HELPS:
            assert (found.outcome, found.advice) == (Finding.LEAKS, Advice.CANNOT_TELL)
            assert "15.0 % of the test interactions stand in the source under another id" in found.sentence
        else:
            assert found == synthesise("a->b", "pooled-ease", verdict(first), verdict(best), third)
