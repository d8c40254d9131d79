"""General recommendation models of RecBole (extra ``tlbench[recbole]``)."""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.split.training import Training

_NAME = "target"


@dataclass(frozen=True, eq=False)
class RecBoleScorer:
    """A trained RecBole model.

    Attributes
    ----------
    model
        The model, in evaluation mode.
    users, items
        int64: RecBole's number of each row and column, -1 where it was given no interaction.
    """

    model: Any
    users: I64
    items: I64

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; items without training interactions come last."""
        import torch

        out = np.zeros((len(users), len(self.items)), dtype=np.float32)
        known, listed = self.users[users] >= 0, self.items >= 0
        if not known.any():
            return out
        with torch.no_grad(), _one_torch_thread():
            every = _scores(self.model, self.users[users][known])
        part = np.empty((len(every), len(self.items)), dtype=np.float32)
        part[:, listed] = every[:, self.items[listed]]
        part[:, ~listed] = every.min(axis=1, keepdims=True) - 1
        out[known] = part
        return out


def _scores(model: Any, users: I64) -> F32:
    """Score all of RecBole's items for some of its users, float32, shape (b, n_items)."""
    import torch
    from recbole.data.interaction import Interaction

    try:
        found = model.full_sort_predict(Interaction({"user_id": torch.from_numpy(users)}))
    except NotImplementedError:  # models of pairs, as NeuMF, score one pair at a time
        items = torch.arange(model.n_items)
        pairs = [Interaction({"user_id": torch.full_like(items, int(user)), "item_id": items}) for user in users]
        found = torch.cat([model.predict(pair).view(-1) for pair in pairs])
    return np.asarray(found.view(len(users), -1).numpy(), dtype=np.float32)


@dataclass(frozen=True)
class RecBoleModel:
    """A general model of RecBole, by its name there.

    Parameters
    ----------
    model
        Name of the model, as ``BPR``, ``LightGCN``, ``EASE`` or ``NeuMF``; models that need more than pairs do not run.
    factors, epochs
        Length of the vectors and number of epochs; there is no early stopping.
    learning_rate
        Of Adam.
    """

    model: str = "BPR"
    factors: int = 64
    epochs: int = 50
    learning_rate: float = 0.001

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> RecBoleScorer:  # noqa: ARG002
        """Train on the target, in a folder that is removed, with the process's generators put back as they were."""
        from recbole.data import create_dataset, data_preparation
        from recbole.utils import get_model, get_trainer, init_seed

        seed = int(rng.integers(2**31))
        with (
            tempfile.TemporaryDirectory() as folder,
            _generators_kept(),
            _one_torch_thread(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # of what it uses of older numpy, pandas and torch
            config = self._config(data, Path(folder), seed)
            init_seed(seed, reproducibility=True)
            dataset = create_dataset(config)
            training, _, _ = data_preparation(config, dataset)
            model = get_model(self.model)(config, training.dataset)
            trainer = get_trainer(config["MODEL_TYPE"], self.model)(config, model)
            trainer.fit(training, valid_data=None, saved=False, show_progress=False, verbose=False)
        model.eval()
        return RecBoleScorer(
            model, _numbers(dataset, "user_id", data.n_users), _numbers(dataset, "item_id", data.n_items)
        )

    def _config(self, data: Training, folder: Path, seed: int) -> Any:
        """Write the target's pairs as RecBole reads them, and make the configuration without the command line."""
        from recbole.config import Config

        matrix = data.target.matrix
        rows = np.repeat(np.arange(data.n_users), np.diff(matrix.indptr))
        lines = [f"{user}\t{item}" for user, item in zip(rows.tolist(), matrix.indices.tolist(), strict=True)]
        (folder / _NAME).mkdir()
        text = "\n".join(["user_id:token\titem_id:token", *lines]) + "\n"
        (folder / _NAME / f"{_NAME}.inter").write_text(text, encoding="utf-8")
        values = {
            "data_path": str(folder),
            "checkpoint_dir": str(folder),
            "load_col": {"inter": ["user_id", "item_id"]},
            "eval_args": {"split": {"RS": [1, 0, 0]}, "group_by": "user", "order": "RO", "mode": "full"},
            "embedding_size": self.factors,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "seed": seed,
            "use_gpu": False,
            "gpu_id": "",
            "state": "ERROR",
            "show_progress": False,
        }
        arguments = sys.argv
        sys.argv = arguments[:1]
        try:
            return Config(model=self.model, dataset=_NAME, config_dict=values)
        finally:
            sys.argv = arguments


def _numbers(dataset: Any, field: str, n: int) -> I64:
    """Return RecBole's number of each of our codes, -1 where it has none."""
    known = dataset.field2token_id[field]
    return np.array([known.get(str(code), -1) for code in range(n)], dtype=np.int64)


@contextmanager
def _generators_kept() -> Iterator[None]:
    """Put the global generators of Python, numpy and torch back behind a library that seeds them."""
    import torch

    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Take sums on one thread, so that their order never changes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


if importlib.util.find_spec("recbole") is not None:
    method(
        "recbole",
        family="baseline",
        deterministic=False,
        on_request=True,
        reference="RecBole, Zhao et al. 2021, doi:10.1145/3459637.3482016",
        space={
            "factors": Choice((16, 32, 64, 128)),
            "epochs": IntRange(10, 200),
            "learning_rate": LogRange(1e-4, 1e-2),
        },
    )(RecBoleModel)
