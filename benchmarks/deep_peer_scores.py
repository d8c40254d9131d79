"""Random weights, a batch, and what RecBole's models make of them: fixtures for `tests/deep/test_peers.py`.

    python benchmarks/deep_peer_scores.py recbole --out tests/deep/peers        # recbole==1.2.1
    python benchmarks/deep_peer_scores.py recbole-cdr --out tests/deep/peers    # recbole==1.0.1, recbole-cdr==0.1.0

Needs an environment of its own (numpy<2, scipy<1.13, pandas<3, setuptools<81). The models are the libraries' own; only
the data sets that they ask for sizes and matrices are stand-ins, so that a fixture holds a few kilobytes.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy import sparse

for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):  # names that numpy lost
    if name not in np.__dict__:
        setattr(np, name, kind)

N_USERS, N_ITEMS, WIDTH = 9, 11, 6


class Settings(dict):
    """A configuration that has None for what nobody set."""

    def __missing__(self, key: str) -> None:
        return None


COMMON = Settings(
    USER_ID_FIELD="user",
    ITEM_ID_FIELD="item",
    LABEL_FIELD="label",
    NEG_PREFIX="neg_",
    LIST_SUFFIX="_list",
    ITEM_LIST_LENGTH_FIELD="length",
    MAX_ITEM_LIST_LENGTH=5,
    device=torch.device("cpu"),
    embedding_size=WIDTH,
    n_layers=2,
    reg_weight=0.1,
    require_pow=True,
)


def pattern(n_users: int, n_items: int, seed: int) -> np.ndarray:
    """A random pattern whose row and column 0, RecBole's padding, are empty."""
    dense = np.random.default_rng(seed).random((n_users, n_items)) < 0.4
    dense[0], dense[:, 0] = False, False
    dense[1:, 1] |= ~dense[1:].any(axis=1)
    return dense


class OneDomain:
    """What RecBole's models ask of a data set."""

    def __init__(self) -> None:
        self.pattern = pattern(N_USERS, N_ITEMS, 0)

    def num(self, field: str) -> int:
        """Return how many numbers a field has, with the padding's."""
        return {"user": N_USERS, "item": N_ITEMS}[field]

    def inter_matrix(self, form: str = "coo") -> sparse.coo_matrix:  # noqa: ARG002
        """Return the pattern."""
        return sparse.coo_matrix(self.pattern.astype(np.float32))

    def history_item_matrix(self) -> tuple[torch.Tensor, torch.Tensor, None]:
        """Return the items of each user, padded, with ones where there are any."""
        most = int(self.pattern.sum(axis=1).max())
        items, values = np.zeros((N_USERS, most), dtype=np.int64), np.zeros((N_USERS, most), dtype=np.float32)
        for user, row in enumerate(self.pattern):
            touched = np.flatnonzero(row)
            items[user, : len(touched)], values[user, : len(touched)] = touched, 1
        return torch.from_numpy(items), torch.from_numpy(values), None


def shaken(model: torch.nn.Module) -> torch.nn.Module:
    """Give every weight a value of its own, so that no layer hides behind a zero."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(0.3 * torch.randn(value.shape, generator=generator))
    return model.eval()


def keep(folder: Path, name: str, model: torch.nn.Module, **arrays: object) -> None:
    weights = {f"weight/{key}": value.numpy() for key, value in model.state_dict().items()}
    found = {key: value.detach().numpy() if isinstance(value, torch.Tensor) else value for key, value in arrays.items()}
    np.savez_compressed(folder / f"{name}.npz", **weights, **found)


USERS = torch.tensor([1, 3, 3, 8])
ITEMS = torch.tensor([2, 1, 5, 10])
OTHERS = torch.tensor([4, 7, 9, 1])
LABELS = torch.tensor([1.0, 0.0, 1.0, 0.0])


def recbole(folder: Path) -> None:
    from recbole.model.general_recommender import LightGCN, MultiVAE, NeuMF
    from recbole.model.sequential_recommender import SASRec

    data = OneDomain()
    every = {"user": torch.arange(N_USERS).repeat_interleave(N_ITEMS), "item": torch.arange(N_ITEMS).repeat(N_USERS)}
    sizes = {"mf_embedding_size": WIDTH, "mlp_embedding_size": WIDTH, "mlp_hidden_size": [WIDTH, WIDTH // 2]}
    options = Settings(COMMON, dropout_prob=0.0, mf_train=True, mlp_train=True, use_pretrain=False, **sizes)
    model = shaken(NeuMF(options, data))
    batch = {"user": USERS, "item": ITEMS, "label": LABELS}
    scores = model.forward(every["user"], every["item"]).view(N_USERS, N_ITEMS)
    keep(folder, "neumf", model, scores=scores, loss=model.calculate_loss(batch))

    model = shaken(LightGCN(COMMON, data))
    batch = {"user": USERS, "item": ITEMS, "neg_item": OTHERS}
    scores = model.predict(every).view(N_USERS, N_ITEMS)
    keep(folder, "lightgcn", model, scores=scores, loss=model.calculate_loss(batch), pattern=data.pattern)

    options = Settings(COMMON, mlp_hidden_size=[7], latent_dimension=6, dropout_prob=0.0, anneal_cap=0.3,
                       total_anneal_steps=0)  # fmt: skip
    model = shaken(MultiVAE(options, data))
    users = torch.arange(1, N_USERS)
    scores = model.full_sort_predict({"user": users}).view(N_USERS - 1, N_ITEMS)
    keep(folder, "multvae", model, scores=scores, loss=model.calculate_loss({"user": users}), pattern=data.pattern)

    options = Settings(COMMON, n_heads=2, hidden_size=WIDTH, inner_size=4 * WIDTH, hidden_dropout_prob=0.0,
                       attn_dropout_prob=0.0, hidden_act="gelu", layer_norm_eps=1e-12, initializer_range=0.02,
                       loss_type="CE")  # fmt: skip
    model = shaken(SASRec(options, data))
    rows = torch.tensor([[4, 1, 9, 2, 7], [3, 3, 8, 10, 1]])
    batch = {"item_list": rows, "length": torch.tensor([5, 5]), "item": torch.tensor([6, 2])}
    keep(folder, "sasrec", model, rows=rows, scores=model.full_sort_predict(batch), loss=model.calculate_loss(batch))


class Side:
    """What RecBole-CDR's models ask of one of two data sets."""

    def __init__(self, name: str, n_users: int, n_items: int) -> None:
        self.uid_field, self.iid_field, self.label_field = f"{name}_user", f"{name}_item", f"{name}_label"
        self.sizes = {self.uid_field: n_users, self.iid_field: n_items}

    def num(self, field: str) -> int:
        """Return how many numbers a field has, with the padding's."""
        return self.sizes[field]


class TwoDomains:
    """Users 1 to 5 are shared, 6 and 7 know the target only, 8 and 9 the source; items 1 to 6 are the target's."""

    num_total_user, num_total_item, num_overlap_user, num_overlap_item = 10, 12, 6, 1
    overlap_id_field = "overlap"

    def __init__(self) -> None:
        self.target_domain_dataset, self.source_domain_dataset = Side("target", 8, 7), Side("source", 8, 6)
        self.patterns = {"target": np.zeros((10, 12), dtype=bool), "source": np.zeros((10, 12), dtype=bool)}
        self.patterns["target"][:8, :7] = pattern(8, 7, 1)
        rows = [0, 1, 2, 3, 4, 5, 8, 9]
        self.patterns["source"][np.ix_(rows, [0, *range(7, 12)])] = pattern(8, 6, 2)

    def inter_matrix(self, form: str, value_field: None, domain: str) -> sparse.coo_matrix:  # noqa: ARG002
        """Return the pattern of a domain."""
        return sparse.coo_matrix(self.patterns[domain].astype(np.float32))


def recbole_cdr(folder: Path) -> None:
    from recbole_cdr.model.cross_domain_recommender.bitgcf import BiTGCF
    from recbole_cdr.model.cross_domain_recommender.conet import CoNet

    data = TwoDomains()
    domains = {f"{side}_domain": {"NEG_PREFIX": "neg_"} for side in ("source", "target")}
    batch = {
        "target_user": torch.tensor([1, 6, 3, 5]),
        "target_item": torch.tensor([2, 1, 5, 6]),
        "target_label": LABELS,
        "source_user": torch.tensor([1, 9, 4, 2]),
        "source_item": torch.tensor([7, 8, 11, 9]),
        "source_label": LABELS,
    }
    numbers = {key: value.numpy() for key, value in batch.items()}
    grid = {"target_user": torch.arange(8).repeat_interleave(7), "target_item": torch.arange(7).repeat(8)}
    options = Settings(COMMON, **domains, lambda_source=0.7, lambda_target=0.7, drop_rate=0.0, connect_way="concat")
    fresh = BiTGCF(Settings(options, reg_weight=0.0), data)
    overwritten = fresh.source_user_embedding.weight[6:8].abs().sum() > 0  # what it zeroed before `self.apply`
    model = shaken(fresh)
    source, target = model.calculate_loss(batch)
    keep(folder, "bitgcf", model, scores=model.predict(grid).view(8, 7), loss=source + target,
         overwritten=overwritten, **data.patterns, **numbers)  # fmt: skip

    model = shaken(CoNet(Settings(options, mlp_hidden_size=[WIDTH, WIDTH // 2]), data))
    keep(folder, "conet", model, trained=model.target_forward(grid["target_user"], grid["target_item"]).view(8, 7),
         predicted=model.predict(grid).view(8, 7), loss=model.calculate_loss(batch), **numbers)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=("recbole", "recbole-cdr"))
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    {"recbole": recbole, "recbole-cdr": recbole_cdr}[asked.library](asked.out)


if __name__ == "__main__":
    main()
