"""Split -> what is known of each judged user: sizes of histories and popularity of test items, for segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.split.training import Split

TARGET = "target interactions"
SOURCE = "source interactions"
POPULARITY = "popularity of test items"


def user_features(split: Split) -> pd.DataFrame:
    """Count what a method could know of each judged user.

    Returns
    -------
    DataFrame
        A row per judged user (index: the user's id), float64 columns: interactions of the user in the target's training
        part, in all sources together (where there are sources), and the training interactions of the user's test items,
        on average.
    """
    import pandas as pd

    users = split.users
    columns = {TARGET: np.diff(split.training.target.matrix.indptr)[users].astype(np.float64)}
    if split.training.sources:
        source = sum(np.diff(domain.matrix.indptr)[users] for domain in split.training.sources)
        columns[SOURCE] = np.asarray(source, dtype=np.float64)
    popularity = np.asarray(split.training.target.binary.sum(axis=0), dtype=np.float64).ravel()
    test = split.test[users]
    pattern = test.astype(bool).astype(np.float64)
    columns[POPULARITY] = np.asarray(pattern @ popularity) / np.maximum(np.diff(test.indptr), 1)
    ids = pd.Index(split.scenario.target.users.gather(users).to_list(), name="user", dtype=object)
    return pd.DataFrame(columns, index=ids)
