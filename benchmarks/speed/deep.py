"""Seconds of processor time per epoch of deep models, beside RecBole-CDR's own code on the same data.

    python benchmarks/speed/deep.py ours --out FOLDER
    python benchmarks/speed/deep.py peer --out FOLDER    # recbole==1.0.1 and recbole-cdr==0.1.0 in an environment of its own
    python benchmarks/speed/deep.py table --out FOLDER

Both train BiTGCF and CoNet with vectors of 64, batches of 2,048 pairs of each domain, one negative per interaction, on one
thread. The peer's epoch is its model's loss, gradient and Adam step of every batch; drawing and joining the batches, which
its loaders do in Python, is left out, so the ratio is in its favour.
"""  # noqa: E501

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

N_SHARED, N_OWN, N_TARGET_ITEMS, N_SOURCE_ITEMS, EACH = 2000, 1000, 3000, 4000, 25
WIDTH, BATCH = 64, 2048


def patterns() -> dict[str, np.ndarray]:
    """Make users with 25 items each, popular ones more often: shared users, the target's, the source's."""
    rng = np.random.default_rng(0)
    n_users, made = N_SHARED + 2 * N_OWN, {}
    for role, n_items, rows in (
        ("target", N_TARGET_ITEMS, range(N_SHARED + N_OWN)),
        ("source", N_SOURCE_ITEMS, [*range(N_SHARED), *range(N_SHARED + N_OWN, n_users)]),
    ):
        weight = 1.0 / (10 + np.arange(n_items))
        dense = np.zeros((n_users, n_items), dtype=bool)
        for row in rows:
            dense[row, rng.choice(n_items, EACH, replace=False, p=weight / weight.sum())] = True
        made[role] = dense
    return made


def ours(n_epochs: int) -> dict[str, float]:
    from tlbench.methods.deep.bitgcf import Bitgcf
    from tlbench.methods.deep.conet import Conet
    from tlbench.methods.deep.draws import Draws
    from tlbench.methods.deep.training import epochs_of
    from tlbench.progress import SILENT
    from tlbench.rng import stream
    from tlbench.split.training import Domain, Training

    made = patterns()
    domains = [
        Domain(role, sparse.csr_matrix(dense.astype(np.float32)), None, None, None) for role, dense in made.items()
    ]
    data = Training(domains[0], (domains[1],), np.arange(N_SHARED), (None,))
    found = {}
    methods = {
        "BiTGCF": Bitgcf(factors=WIDTH, batch_size=BATCH),
        "CoNet": Conet(factors=WIDTH, batch_size=BATCH, n_negatives=1),
    }
    for name, method in methods.items():
        run = method.run(data, Draws(stream(0, "fit")), SILENT)
        times, last = [], time.process_time()
        for _ in epochs_of(run, n_epochs + 1):
            times.append(time.process_time() - last)
            last = time.process_time()
        found[name] = float(np.median(times[1:]))
    return found


def peer(n_epochs: int) -> dict[str, float]:
    import torch

    for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):
        if name not in np.__dict__:
            setattr(np, name, kind)
    from recbole_cdr.model.cross_domain_recommender.bitgcf import BiTGCF
    from recbole_cdr.model.cross_domain_recommender.conet import CoNet

    torch.set_num_threads(1)
    data = _PeerData(patterns())
    options: dict[str, Any] = {
        "source_domain": {"NEG_PREFIX": "neg_"},
        "target_domain": {"NEG_PREFIX": "neg_"},
        "device": torch.device("cpu"),
        "embedding_size": WIDTH,
        "n_layers": 2,
        "reg_weight": 1e-3,
        "lambda_source": 0.8,
        "lambda_target": 0.8,
        "drop_rate": 0.3,
        "connect_way": "concat",
        "mlp_hidden_size": [WIDTH, WIDTH // 2],
    }
    return {build.__name__: _peer_seconds(build(options, data), data, n_epochs) for build in (BiTGCF, CoNet)}


def _peer_seconds(model: Any, data: _PeerData, n_epochs: int) -> float:
    import torch

    adam, times = torch.optim.Adam(model.parameters(), lr=1e-3), []
    for _ in range(n_epochs):
        total = 0.0
        for batch in data.batches():
            start = time.process_time()
            adam.zero_grad()
            losses = model.calculate_loss(batch)
            (sum(losses) if isinstance(losses, tuple) else losses).backward()
            adam.step()
            total += time.process_time() - start
        times.append(total)
    return float(np.median(times))


class _Side:
    """What RecBole-CDR's models ask of one of two data sets."""

    def __init__(self, role: str, n_users: int, n_items: int) -> None:
        self.uid_field, self.iid_field, self.label_field = f"{role}_user", f"{role}_item", f"{role}_label"
        self.sizes = {self.uid_field: n_users, self.iid_field: n_items}

    def num(self, field: str) -> int:
        """Return how many numbers a field has, with the padding's."""
        return self.sizes[field]


class _PeerData:
    """What RecBole-CDR's models ask of two data sets: numbers from 1, the target's items before the source's."""

    overlap_id_field = "overlap"

    def __init__(self, made: dict[str, np.ndarray]) -> None:
        n_users = made["target"].shape[0]
        self.num_total_user, self.num_total_item = n_users + 1, N_TARGET_ITEMS + N_SOURCE_ITEMS + 1
        self.num_overlap_user, self.num_overlap_item = N_SHARED + 1, 1
        self.target_domain_dataset = _Side("target", N_SHARED + N_OWN + 1, N_TARGET_ITEMS + 1)
        self.source_domain_dataset = _Side("source", N_SHARED + N_OWN + 1, N_SOURCE_ITEMS + 1)
        self.offsets = {"target": 1, "source": 1 + N_TARGET_ITEMS}
        self.pairs = {role: np.argwhere(dense) + np.array([1, self.offsets[role]]) for role, dense in made.items()}

    def inter_matrix(self, form: str, value_field: None, domain: str) -> sparse.coo_matrix:  # noqa: ARG002
        """Return the pattern of a domain."""
        users, items = self.pairs[domain].T
        shape = (self.num_total_user, self.num_total_item)
        return sparse.coo_matrix((np.ones(len(users), np.float32), (users, items)), shape=shape)

    def batches(self) -> list[dict[str, Any]]:
        """Return an epoch of batches: positives and as many negatives, of the target and of the source."""
        import torch

        rng, made = np.random.default_rng(1), []
        order = {role: rng.permutation(len(pairs)) for role, pairs in self.pairs.items()}
        for start in range(0, len(self.pairs["target"]), BATCH):
            batch = {}
            for role, pairs in self.pairs.items():
                users, items = pairs[order[role][start : start + BATCH]].T
                n_items = {"target": N_TARGET_ITEMS, "source": N_SOURCE_ITEMS}[role]
                others = rng.integers(n_items, size=len(items)) + self.offsets[role]
                labels = np.repeat([1.0, 0.0], len(items)).astype(np.float32)
                batch |= {
                    f"{role}_user": torch.from_numpy(np.tile(users, 2)),
                    f"{role}_item": torch.from_numpy(np.concatenate([items, others])),
                    f"{role}_label": torch.from_numpy(labels),
                }
            made.append(batch)
        return made


def table(folder: Path) -> str:
    """Print both side by side."""
    ours_, peer_ = (json.loads((folder / f"{side}.json").read_text()) for side in ("ours", "peer"))
    lines = ["| model | tlbench, s | RecBole-CDR, s | ratio |", "|---|--:|--:|--:|"]
    lines += [f"| {name} | {ours_[name]:.2f} | {peer_[name]:.2f} | {ours_[name] / peer_[name]:.2f} |" for name in peer_]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=("ours", "peer", "table"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.side == "table":
        print(table(asked.out))
        return
    found = {"ours": ours, "peer": peer}[asked.side](asked.epochs)
    (asked.out / f"{asked.side}.json").write_text(json.dumps(found))
    print(found)


if __name__ == "__main__":
    main()
