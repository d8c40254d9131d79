"""Verdicts: the rules of one comparison, all combinations of the three questions, and the sentences."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tlbench.analysis.families import Question, judge_family, judge_suite
from tlbench.analysis.judging import (
    conclude,
    incomparable,
    judge,
    not_asked,
    nothing_to_transfer,
    recommend,
    synthesise,
)
from tlbench.analysis.verdict import Advice, Finding, Judgement, Outcome, Questions, Verdict
from tlbench.analysis.wording import p_text
from tlbench.errors import NotComparable, TlbenchError
from tlbench.rng import stream
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.corrections import adjust
from tlbench.stats.paired import Paired, pair_values
from tlbench.values import Correction


def values(gain: float, *, spread: float = 0.05, n: int = 400) -> Paired:
    """A control of mean 0.2 and a candidate with exactly this mean difference and spread of differences."""
    noise = stream(0, "verdict").normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    base = 0.2 + 0.01 * np.resize([1.0, -1.0], n)
    return pair_values(base + gain + spread * noise, base)


def comparison(gain: float, *, spread: float = 0.05, n: int = 400, control: str = "ease") -> Comparison:
    """The comparison of `values`."""
    return compare(values(gain, spread=spread, n=n), candidate="pooled-ease", control=control, metric="ndcg@10")


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
    if outcome is Outcome.NOTHING:
        same = values(0.0, spread=0.0)
        return nothing_to_transfer(judge(compare(same, candidate="pooled-ease", control=control, metric="ndcg@10")))
    if outcome is Outcome.NOT_ASKED:
        return not_asked(judge(replace(OPEN, control=control)), judge(OPEN))
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

# helps, hurts (worse), equivalent, open, not comparable, nothing to transfer, not asked, leaks
H, W, E, O, N, Z, A, L = Outcome  # noqa: E741
RULED = (H, W, E, O, N, Z, A)  # only a leak takes a verdict back
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
} | {(Z, placebo): Finding.NOTHING for placebo in [*RULED, None]}
CONCLUSIONS |= {(first, A): Finding(first.value) for first in (W, E, O, N)}
ADVICE = {
    H: Advice.USE,
    W: Advice.DO_NOT_USE,
    E: Advice.EITHER,
    O: Advice.CANNOT_TELL,
    N: Advice.CANNOT_TELL,
    A: Advice.NOT_ASKED,
}
BESIDE_COUNTERPART = (H, W, E, O, N, Z)
"""What the first question can answer: it is always asked."""


def test_the_first_question_is_always_asked() -> None:
    assert set(BESIDE_COUNTERPART) == set(Outcome) - {Outcome.NOT_ASKED, Outcome.LEAKS}
    with pytest.raises(ValueError, match="not asked"):
        conclude(Outcome.NOT_ASKED, None)


def test_the_table_holds_every_combination() -> None:
    possible = {*itertools.product(BESIDE_COUNTERPART, (H, W, E, O, N, A, None))} - {(H, A)}
    assert possible <= set(CONCLUSIONS)
    assert set(ADVICE) == set(Outcome) - {Z, L}


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


@pytest.mark.parametrize(
    "answers", [(first, best, last) for first, last in CONCLUSIONS if last is not Z for best in ADVICE]
)
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
        Finding.NOTHING: "Nothing to transfer: ",
    }
    assert found.outcome is CONCLUSIONS[answers[0], answers[2]]
    assert found.sentence.startswith(openings[found.outcome])
    assert found.sentence.count(". ") <= 1
    assert not found.sentence.endswith(".")
    named = answers[1] is not Outcome.NOT_COMPARABLE and answers[0] is not Outcome.NOTHING
    assert ("ials" in found.sentence) == named


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


# --- families -----------------------------------------------------------------------------------------------------


def asked(
    method: str, gain: float, placebo: float | None = None, best: float = 0.0, *, scenario: str = "a->b"
) -> Questions:
    """The three questions of a method whose differences have these means; all from the same noise, n = 400."""
    pairs = (values(gain), values(best), None if placebo is None else values(placebo))
    first, second, third = (
        None if p is None else compare(p, candidate=method, control="c", metric="ndcg@10") for p in pairs
    )
    assert first is not None
    assert second is not None
    return Questions(scenario, method, first, second, third, values=pairs)


def test_each_scenario_is_a_family_whatever_else_the_suite_holds() -> None:
    few = judge_suite([asked("m", 0.006, 0.006), asked("n", 0.0)])
    many = judge_suite(
        [asked("m", 0.006, 0.006), asked("n", 0.0), *(asked(f"x{i}", 0.0, scenario=f"s{i}->t") for i in range(50))]
    )
    assert few == many[:2]
    first = few[0].counterpart.comparison
    assert first is not None
    assert (first.family, first.correction) == (2, "bonferroni")
    assert first.level == pytest.approx(0.975)
    assert "(Bonferroni, 2 candidates)" in few[0].sentence


def test_a_question_is_asked_only_of_what_passed_the_one_before() -> None:
    helps, stopped, attributed_only = judge_suite(
        [asked("m", 0.02, 0.02, 0.02), asked("n", 0.0, 0.02, 0.02), asked("o", 0.02, 0.0, 0.02)]
    )
    assert (helps.outcome, helps.advice) == (Finding.HELPS, Advice.USE)
    assert stopped.placebo is not None
    assert (stopped.outcome, stopped.placebo.outcome) == (Finding.INCONCLUSIVE, Outcome.NOT_ASKED)
    assert stopped.placebo.comparison is not None  # the numbers stay
    assert (attributed_only.outcome, attributed_only.advice) == (Finding.UNATTRIBUTED, Advice.NOT_ASKED)


def test_without_a_placebo_the_best_baseline_is_asked_of_every_gain() -> None:
    found = judge_suite([asked("m", 0.02, None, 0.02), asked("n", 0.0, None, 0.02)])
    assert [one.advice for one in found] == [Advice.USE, Advice.NOT_ASKED]


def test_the_family_of_a_later_question_is_not_made_smaller_by_the_gate() -> None:
    found = judge_suite([asked("m", 0.02, 0.006), *(asked(f"n{i}", 0.0, 0.001 * i) for i in range(6))])
    placebos = [one.placebo.comparison for one in found if one.placebo is not None]
    assert all(one is not None and one.family == 7 for one in placebos)


def test_the_primary_method_is_judged_alone_and_costs_the_others_nothing() -> None:
    others = [asked(f"n{i}", 0.001 * i, 0.001 * i) for i in range(8)]
    weak = asked("m", 0.0055, 0.0055)
    first, *rest = judge_suite([weak, *others], primary="m")
    assert first.primary
    assert first.counterpart.comparison is not None
    assert first.counterpart.comparison.adjusted == first.counterpart.comparison.pvalue
    assert not any(one.primary for one in rest)
    assert rest == judge_suite(others)


def test_what_cannot_differ_leaves_the_family_and_has_nothing_to_transfer() -> None:
    same = values(0.0, spread=0.0)
    equal = compare(same, candidate="linked", control="ease", metric="ndcg@10")
    still = Questions("a->b", "linked", equal, equal, equal, values=(same, same, same))
    with_it, without = (
        judge_suite([asked("m", 0.006), still, asked("n", 0.0)]),
        judge_suite([asked("m", 0.006), asked("n", 0.0)]),
    )
    assert with_it[1].outcome is Finding.NOTHING
    assert with_it[1].sentence == "Nothing to transfer: linked gives every user the value that ease gives"
    assert [with_it[0], with_it[2]] == without


def test_a_placebo_that_gives_the_same_lists_takes_the_gain_away() -> None:
    same = values(0.0, spread=0.0)
    gained = asked("m", 0.02)
    placebo = compare(same, candidate="m", control="m~shuffled-links", metric="ndcg@10")
    found = judge_suite([replace(gained, placebo=placebo, values=(gained.values[0], gained.values[1], same))])[0]
    assert found.outcome is Finding.NOT_THE_SOURCE


def test_gains_over_the_placebo_are_shares_of_the_counterparts_mean() -> None:
    paired = values(0.02)
    base = np.full((400, 1), 0.4)
    placebo = compare(paired, candidate="m", control="m~shuffled", metric="ndcg@10", base=base)
    asking = replace(asked("m", 0.02), placebo=placebo, base=base)
    found = judge_suite([replace(asking, values=(*asking.values[:2], paired)), asked("n", 0.0, 0.0)])[0].placebo
    assert found is not None
    assert found.comparison is not None
    assert found.comparison.relative == pytest.approx(0.05)
    assert found.comparison.relative_low == pytest.approx(found.comparison.low / 0.4)


@pytest.mark.parametrize("method", ["bonferroni", "max-t", "holm", "bh", "none"])
def test_a_placebo_is_judged_alike_whether_or_not_those_of_stopped_methods_ran(method: Correction) -> None:
    first, others = asked("m", 0.02, 0.0065), [asked(f"n{i}", 0.0, 0.0001 * i) for i in range(6)]
    unrun = [replace(one, placebo=NotComparable("`n~shuffled` did not run")) for one in others]
    with_all, alone = (judge_suite([first, *rest], method=method)[0].placebo for rest in (others, unrun))
    assert alone is not None
    assert alone.comparison is not None
    assert alone.comparison.family == 7
    assert alone == with_all


@pytest.mark.parametrize("method", ["max-t", "holm", "hochberg", "bonferroni", "bh", "by", "none"])
def test_verdict_and_printed_interval_never_contradict_each_other(method: Correction) -> None:
    gains = [0.0, 0.002, 0.004, 0.005, 0.0055, 0.006, 0.0065, 0.007, -0.006, 0.0082, 0.02, -0.02]
    found = judge_suite([asked(f"m{i}", gain, gain, gain) for i, gain in enumerate(gains)], method=method)
    seen = set()
    for judgement in found:
        one = judgement.counterpart.comparison
        assert one is not None
        assert one.relative_low is not None
        assert one.relative_high is not None
        seen.add(judgement.counterpart.outcome)
        assert (judgement.counterpart.outcome is Outcome.HELPS) == (one.low > 0) == (one.relative_low > 0)
        assert (judgement.counterpart.outcome is Outcome.HURTS) == (one.high < 0) == (one.relative_high < 0)
    assert seen >= {Outcome.HELPS, Outcome.HURTS, Outcome.INCONCLUSIVE}


def test_what_is_equivalent_has_its_interval_at_one_less_two_alpha_inside_the_margin() -> None:
    spreads = np.linspace(0.002, 0.03, 8)
    pairs = [values(0.0, spread=float(spread)) for spread in spreads]
    compared = [compare(p, candidate="m", control="c", metric="ndcg@10") for p in pairs]
    found = judge_family([Question(c, p) for c, p in zip(compared, pairs, strict=True)])
    equal = [one.outcome is Outcome.EQUIVALENT for one in found]
    assert equal == sorted(equal, reverse=True)
    assert len(set(equal)) == 2
    inside = [max(-one.comparison.low, one.comparison.high) < 0.002 for one in found if one.comparison]
    assert all(shown or not lies for shown, lies in zip(equal, inside, strict=True))


def test_a_very_small_level_of_a_first_look_is_judged_without_flips() -> None:
    found = judge_suite([asked("m", 0.02), asked("n", 0.0)], alpha=0.0001, method="max-t")
    first = found[0].counterpart.comparison
    assert first is not None
    assert first.correction == "bonferroni"
    assert found[0].counterpart.outcome is Outcome.HELPS


def test_an_incomparable_candidate_takes_no_part_in_the_correction() -> None:
    pairs = [values(0.0082), values(0.002)]
    compared = [compare(p, candidate="m", control="c", metric="ndcg@10") for p in pairs]
    found = judge_family(
        [Question(compared[0], pairs[0]), Question(NotComparable("other splits")), Question(compared[1], pairs[1])]
    )
    assert [v.outcome for v in found] == [Outcome.HELPS, Outcome.NOT_COMPARABLE, Outcome.INCONCLUSIVE]
    assert found[0].comparison is not None
    assert found[0].comparison.family == 2
    assert found[1].reason == "other splits"


def test_equivalence_is_corrected_with_its_family_too() -> None:
    barely = comparison(0.0, spread=0.0225)
    assert judge(barely).outcome is Outcome.EQUIVALENT
    assert 0.025 < (judge(barely).equivalence or 0) < 0.05
    family = [Question(one) for one in (barely, OPEN, OPEN)]
    assert judge_family(family, method="holm")[0].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("pvalue", "text"), [(0.0, "p < .001"), (0.0123, "p = .012"), (0.5, "p = .500"), (0.9999, "p = 1"), (1.0, "p = 1")]
)
def test_p_values_print_as_in_papers(pvalue: float, text: str) -> None:
    assert p_text(pvalue) == text


@pytest.mark.parametrize("placebo", [None, *RULED])
@pytest.mark.parametrize("best", RULED)
def test_no_verdict_reads_helps_where_the_source_leaks_the_test(best: Outcome, placebo: Outcome | None):
    third = None if placebo is None else verdict(placebo)
    for first in BESIDE_COUNTERPART:
        found = synthesise("a->b", "pooled-ease", verdict(first), verdict(best), third, leak=0.15)
        assert found.outcome is not Finding.HELPS
        assert "helps" not in found.sentence.lower()
        if first is Outcome.HELPS:
            assert (found.outcome, found.advice) == (Finding.LEAKS, Advice.CANNOT_TELL)
            assert "15.0 % of the test interactions stand in the source under another id" in found.sentence
        elif Outcome.HELPS not in (best, placebo):
            assert found == synthesise("a->b", "pooled-ease", verdict(first), verdict(best), third)
        said = {one.outcome for one in (found.counterpart, found.best_baseline, found.placebo) if one is not None}
        assert Outcome.HELPS not in said
