"""Write case.json, the made-up scores and histories that peers.py and the tests measure: 40 users, 30 items.

Some users have nothing held out, some have fewer unseen items than a cut, one has none, one scores all items alike;
scores have six levels, so that most lists hold ties.
"""

import json
from pathlib import Path

import numpy as np

GENRES = ("drama", "comedy", "noir", "western")


def main() -> None:
    rng = np.random.Generator(np.random.PCG64(20260407))
    users, items = 40, 30
    scores = rng.integers(0, 6, (users, items))
    part = rng.choice(3, (users, items), p=[0.65, 0.2, 0.15])  # unseen, training, held out
    part[0:3][part[0:3] == 2] = 0  # nothing held out
    part[3:6] = np.where(rng.random((3, items)) < 0.85, 1, 2)  # few unseen, all of them held out
    part[6] = 1  # nothing left to list
    part[7] = np.where(np.arange(items) < 22, 2, 0)  # more held out than most cuts
    scores[8] = 3  # of this user the method knows nothing
    lists = []
    tie = rng.permutation(items)
    popularity = (part == 1).sum(axis=0)
    for u in range(users):
        row = popularity if np.ptp(scores[u]) == 0 else scores[u]
        lists.append([int(i) for i in np.lexsort((tie, -row)) if part[u, i] != 1])
    counts = np.sort(popularity)
    if popularity.min() == 0 or counts[-7] == counts[-6]:
        raise SystemExit("items must all be in training, and the fifth with most users must be clear")
    case = {
        "scores": scores.tolist(),
        "part": part.tolist(),
        "ratings": rng.integers(1, 6, (users, items)).tolist(),
        "tie": tie.tolist(),
        "lists": lists,
        "genres": [sorted(rng.choice(GENRES, rng.integers(0, 4), replace=False).tolist()) for _ in range(items)],
    }
    lines = [f'"{name}": {json.dumps(value, separators=(",", ":"))}' for name, value in case.items()]
    Path(__file__).with_name("case.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
