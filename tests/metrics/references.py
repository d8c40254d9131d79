"""What others compute: for every metric, libraries and literal formulas that know nothing of ours.

`LIVE` holds what is computed when a test runs, `STORED` what RecTools, LensKit and RecBole printed
(reference/peers.py). A function takes a case and the cut (None without one) and returns a value per user, or one of
the run.
"""

from __future__ import annotations

import json
import math
from collections import Counter

import numpy as np
from reference_case import FOLDER

PEERS = ("rectools", "lenskit", "recbole")
COLD, SMOOTHING = 5, 0.01  # as docs/metrics.md states them


# --- trec_eval ---------------------------------------------------------------------------------------------------


def trec(case, measure, k=None, *, held=None, gains=False):
    """One measure of trec_eval; users who are not judged or have no list are 0."""
    import pytrec_eval

    held = held or case.held
    qrels = {str(u): {str(i): int(r) if gains else 1 for i, r in row.items()} for u, row in enumerate(held) if row}
    run = {str(u): {str(item): float(-at) for at, item in enumerate(row)} for u, row in enumerate(case.lists) if row}
    found = pytrec_eval.RelevanceEvaluator(qrels, {measure if k is None else f"{measure}.{k}"}).evaluate(run)
    name = measure if k is None else f"{measure}_{k}"
    return np.array([found[str(u)][name] if str(u) in found else 0.0 for u in range(len(case.lists))])


def trec_mrr(case, k):
    whole = trec(case, "recip_rank")
    return np.where(whole >= 1 / k - 1e-12, whole, 0.0)


def trec_map(case, k):
    """trec_eval divides by R, ours by min(k, R)."""
    sizes = np.array([len(row) for row in case.held])
    return trec(case, "map_cut", k) * sizes / np.maximum(np.minimum(sizes, k), 1)


def trec_serendipity(case, k):
    """Precision where what popularity lists is not held to be relevant."""
    surprising = [
        {i: r for i, r in held.items() if i not in popular_list(case, u, k)} for u, held in enumerate(case.held)
    ]
    return trec(case, "P", k, held=surprising)


def trec_cold(case, k):
    return np.where([len(seen) <= COLD for seen in case.seen], trec(case, "ndcg_cut", k), 0.0)


# --- scikit-learn ------------------------------------------------------------------------------------------------


def sklearn_dcg(case, k, *, gain=lambda u, i, rating: 1.0, normalise=False):
    """The discounted gains among the first k of each list; `normalise` divides by those of the best possible list."""
    from sklearn.metrics import dcg_score

    found = []
    for u, (row, held) in enumerate(zip(case.lists, case.held, strict=True)):
        gains, every, places = np.zeros((1, case.n_items)), np.zeros((1, case.n_items)), np.zeros((1, case.n_items))
        for item, rating in held.items():
            gains[0, item] = gain(u, item, rating)
            every[0, item] = gain(u, item, rating) if normalise == "gains" else 1.0
        places[0, row] = np.arange(len(row), 0, -1)
        cut = min(k, len(row))
        value = dcg_score(gains, places, k=cut, ignore_ties=True) if cut and held else 0.0
        if normalise and held:
            value /= dcg_score(every, every, k=k, ignore_ties=True)
        found.append(value)
    return np.array(found)


def sklearn_auc(case, k):
    from sklearn.metrics import roc_auc_score

    return np.array([_auc(case, u, roc_auc_score) for u in range(len(case.lists))])


def scipy_auc(case, k):
    """Mann and Whitney's U, as a share of the pairs."""
    from scipy.stats import mannwhitneyu

    def share(is_held, scores):
        pairs = is_held.sum() * (~is_held).sum()
        return mannwhitneyu(scores[is_held], scores[~is_held]).statistic / pairs

    return np.array([_auc(case, u, share) for u in range(len(case.lists))])


def _auc(case, u, compute):
    unseen = np.array([i for i in range(case.n_items) if i not in case.seen[u] and i in case.lists[u]], dtype=int)
    is_held = np.isin(unseen, list(case.held[u]))
    if not is_held.any():
        return 0.0
    return 0.5 if is_held.all() else compute(is_held, case.scores[u, unseen])


def sklearn_diversity(case, k):
    from sklearn.metrics.pairwise import cosine_distances

    vectors = genre_vectors(case)
    found = []
    for row in case.lists:
        distances = cosine_distances(vectors[row[:k]]) if len(row[:k]) > 1 else np.zeros((2, 2))
        found.append(distances[np.triu_indices(len(distances), 1)].mean())
    return np.array(found)


def sklearn_error(kind):
    def compute(case, k):
        from sklearn import metrics

        true, predicted = _predictions(case)
        return getattr(metrics, kind)(true, predicted)

    return compute


# --- scipy -------------------------------------------------------------------------------------------------------


def scipy_diversity(case, k):
    from scipy.spatial.distance import pdist

    vectors = genre_vectors(case)
    # pdist has no distance from an item of which nothing is known; it is unlike every other
    found = [np.nan_to_num(pdist(vectors[row[:k]], "cosine"), nan=1.0) for row in case.lists]
    return np.array([distances.mean() if len(distances) else 0.0 for distances in found])


def scipy_calibration(case, k):
    from scipy.stats import entropy

    found = []
    for wanted, given in _spreads(case, k):
        p, q = (np.array([spread.get(genre, 0.0) for genre in _all_genres(case)]) for spread in (wanted, given))
        smooth = (1 - SMOOTHING) * q + SMOOTHING * p
        # scipy makes both sum to one, which a list without any category does not: its divergence is the largest
        divergence = 0.0 if not p.any() else entropy(p, smooth) if q.any() else math.log(1 / SMOOTHING)
        found.append(1 - divergence / math.log(1 / SMOOTHING) if p.any() else 0.0)
    return np.array(found)


def scipy_entropy(case, k):
    from scipy.stats import entropy

    counts = Counter(i for row in case.lists for i in row[:k])
    return entropy(list(counts.values()), base=2)


# --- the formulas, word by word ----------------------------------------------------------------------------------


def each(formula):
    """Make a value per user of a formula over the first k items, the held-out and the training items."""

    def compute(case, k):
        return np.array(
            [
                formula(case, row[:k], held, u, k)
                for u, (row, held) in enumerate(zip(case.lists, case.held, strict=True))
            ]
        )

    return compute


def _dcg(case, row, held, u, k):
    return sum(1 / math.log2(at + 1) for at, item in enumerate(row, 1) if item in held)


def _capped_recall(case, row, held, u, k):
    return len(set(row) & set(held)) / min(k, len(held)) if held else 0.0


def _f1(case, row, held, u, k):
    hits = len(set(row) & set(held))
    precision, recall = hits / k, hits / len(held) if held else 0.0
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def _r_precision(case, row, held, u, k):
    return len(set(case.lists[u][: len(held)]) & set(held)) / len(held) if held else 0.0


def _popularity(case, row, held, u, k):
    return _mean([case.popularity[item] for item in row])


def _tail_share(case, row, held, u, k):
    return _mean([item not in case.head for item in row])


def _novelty(case, row, held, u, k):
    users = np.count_nonzero(np.diff(case.training.indptr))
    return _mean([-math.log2(max(case.popularity[item], 1) / users) for item in row])


def _serendipity(case, row, held, u, k):
    return len((set(row) & set(held)) - popular_list(case, u, k)) / k


def _tail_ndcg(case, row, held, u, k):
    ideal = sum(1 / math.log2(at + 1) for at in range(1, min(k, len(held)) + 1))
    hits = [at for at, item in enumerate(row, 1) if item in held and item not in case.head]
    return sum(1 / math.log2(at + 1) for at in hits) / ideal if hits else 0.0


def formula_calibration(case, k):
    found = []
    for wanted, given in _spreads(case, k):
        divergence = 0.0
        for genre, p in wanted.items():
            divergence += p * math.log(p / ((1 - SMOOTHING) * given.get(genre, 0.0) + SMOOTHING * p))
        found.append(1 - divergence / math.log(1 / SMOOTHING) if wanted else 0.0)
    return np.array(found)


def formula_coverage(case, k):
    return len({i for row in case.lists for i in row[:k]}) / case.n_items


def formula_gini(case, k):
    """Half the relative mean difference of all pairs of items."""
    counts = np.bincount([i for row in case.lists for i in row[:k]], minlength=case.n_items)
    return np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())


def _mean(values):
    return sum(values) / len(values) if values else 0.0


def popular_list(case, u, k):
    """The k most popular items that the user was not seen with in training."""
    return set([item for item in case.by_popularity if item not in case.seen[u]][:k])


def genre_vectors(case):
    return np.array([[float(genre in have) for genre in _all_genres(case)] for have in case.genres])


def _all_genres(case):
    return sorted({genre for have in case.genres for genre in have})


def _spreads(case, k):
    """Shares of categories in each user's training items and in the list, from the shares in each item."""
    return [(_spread(case, seen), _spread(case, row[:k])) for seen, row in zip(case.seen, case.lists, strict=True)]


def _spread(case, items):
    told = [item for item in items if case.genres[item]]
    spread = Counter()
    for item in told:
        for genre in case.genres[item]:
            spread[genre] += 1 / len(case.genres[item]) / len(told)
    return dict(spread)


def _predictions(case):
    """Held-out ratings and scores; of a user of whom the method knows nothing, the mean of all training ratings."""
    mean = case.training.data.mean(dtype=np.float64)
    pairs = [
        (rating, case.scores[u, item] if case.known[u] else mean)
        for u, held in enumerate(case.held)
        for item, rating in held.items()
    ]
    return [true for true, _ in pairs], [predicted for _, predicted in pairs]


# --- who computes what -------------------------------------------------------------------------------------------

LIVE = {
    "ndcg": {
        "pytrec_eval": lambda case, k: trec(case, "ndcg_cut", k),
        "scikit-learn": lambda case, k: sklearn_dcg(case, k, normalise="held"),
    },
    "dcg": {"scikit-learn": sklearn_dcg, "formula": each(_dcg)},
    "graded-ndcg": {
        "pytrec_eval": lambda case, k: trec(case, "ndcg_cut", k, gains=True),
        "scikit-learn": lambda case, k: sklearn_dcg(case, k, gain=lambda u, i, r: r, normalise="gains"),
    },
    "recall": {"pytrec_eval": lambda case, k: trec(case, "recall", k)},
    "precision": {"pytrec_eval": lambda case, k: trec(case, "P", k)},
    "capped-recall": {"formula": each(_capped_recall)},
    "f1": {"formula": each(_f1)},
    "hit": {"pytrec_eval": lambda case, k: trec(case, "success", k)},
    "mrr": {"pytrec_eval": trec_mrr},
    "map": {"pytrec_eval": trec_map},
    "r-precision": {"pytrec_eval": lambda case, k: trec(case, "Rprec"), "formula": each(_r_precision)},
    "auc": {"scikit-learn": sklearn_auc, "scipy": scipy_auc},
    "popularity": {"formula": each(_popularity)},
    "tail-share": {"formula": each(_tail_share)},
    "novelty": {"formula": each(_novelty)},
    "serendipity": {"pytrec_eval": trec_serendipity, "formula": each(_serendipity)},
    "diversity": {"scikit-learn": sklearn_diversity, "scipy": scipy_diversity},
    "calibration": {"scipy": scipy_calibration, "formula": formula_calibration},
    "tail-ndcg": {
        "scikit-learn": lambda case, k: sklearn_dcg(
            case, k, gain=lambda u, i, r: float(i not in case.head), normalise="held"
        ),
        "formula": each(_tail_ndcg),
    },
    "cold-ndcg": {
        "pytrec_eval": trec_cold,
        "scikit-learn": lambda case, k: np.where(
            [len(seen) <= COLD for seen in case.seen], sklearn_dcg(case, k, normalise="held"), 0.0
        ),
    },
    "coverage": {"formula": formula_coverage},
    "gini": {"formula": formula_gini},
    "entropy": {"scipy": scipy_entropy},
    "mae": {"scikit-learn": sklearn_error("mean_absolute_error")},
    "rmse": {"scikit-learn": sklearn_error("root_mean_squared_error")},
}
STORED = {peer: json.loads((FOLDER / f"{peer}.json").read_text(encoding="utf-8")) for peer in PEERS}
LABELS = {"rectools": "RecTools", "lenskit": "LensKit", "recbole": "RecBole"}


def references_of(base: str) -> list[str]:
    """Names of all that a metric is compared with."""
    stored = [peer for peer in PEERS if any(name.partition("@")[0] == base for name in STORED[peer])]
    return [LABELS.get(name, name) for name in (*LIVE[base], *stored)]
