# ruff: noqa: T201
"""Print what baycomp, scikit-posthocs and autorank find, for tests that must run without them.

Run in this folder, with `pip install baycomp scikit-posthocs autorank`: python peers.py > peers.txt
"""

import contextlib
import io
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")


def show(name: str, *values: float) -> None:
    print(name, *(f"{float(value):.12g}" for value in values))


SCENARIOS = np.array(
    [
        [0.31, 0.28, 0.30, 0.25],
        [0.11, 0.12, 0.09, 0.08],
        [0.22, 0.20, 0.21, 0.19],
        [0.40, 0.35, 0.41, 0.33],
        [0.15, 0.15, 0.13, 0.11],
        [0.27, 0.24, 0.25, 0.26],
    ]
)


def bayes(first: pd.DataFrame) -> None:
    from baycomp.multiple import SignedRankTest

    print(f"# baycomp {version('baycomp')}; its difference is y - x for the chances left, rope, right")
    control, candidate = first.control.to_numpy(), first.candidate.to_numpy()
    for rope in (0.0, 0.01, 0.05):
        found = SignedRankTest.probs(control, candidate, rope=rope, nsamples=100_000, random_state=1)
        show(f"signed-rank.{rope:g}", *(found if rope else (found[0], 0.0, found[1])))


def ranks() -> None:
    import scikit_posthocs as posthocs
    from scipy import stats

    print(f"# scikit-posthocs {version('scikit-posthocs')}")
    frame = pd.DataFrame(SCENARIOS, columns=list("abcd"))
    show("nemenyi", *posthocs.posthoc_nemenyi_friedman(frame).to_numpy().ravel())
    show("conover", *posthocs.posthoc_conover_friedman(frame).to_numpy().ravel())
    found = stats.friedmanchisquare(*SCENARIOS.T)
    show("friedman", found.statistic, found.pvalue)


def autorank() -> None:
    from autorank import autorank as rank

    print(f"# autorank {version('autorank')}")
    with contextlib.redirect_stdout(io.StringIO()):
        found = rank(pd.DataFrame(SCENARIOS, columns=list("abcd")), alpha=0.05, force_mode="nonparametric")
    show("autorank.pvalue", found.pvalue)
    show("autorank.cd", found.cd)
    show("autorank.meanrank", *found.rankdf.loc[list("abcd"), "meanrank"])


def main() -> None:
    values = pd.read_csv(Path(__file__).with_name("values.csv"))
    bayes(values[values.seed == 0])
    ranks()
    autorank()


if __name__ == "__main__":
    main()
