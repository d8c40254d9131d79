"""Train one model of RecBole-CDR on its example pair, MovieLens 1M -> 100k, and keep the split that it was judged on.

    python benchmarks/head_to_head_peer.py CMF 10 --out FOLDER

Needs an environment of its own: `pip install recbole-cdr==0.1.0 "recbole==1.0.1" torch` on Python 3.9 or so. Prints the
seconds of training and what its own evaluation says; `benchmarks/head_to_head.py` reads what lies in the folder.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import yaml

for name, kind in (("float", float), ("int", int), ("bool", bool)):  # names that numpy no longer has
    if name not in np.__dict__:
        setattr(np, name, kind)
_load = torch.load
torch.load = lambda *args, **options: _load(*args, **{**options, "weights_only": False})

import recbole_cdr  # noqa: E402
from recbole.utils import init_logger, init_seed  # noqa: E402
from recbole_cdr.config import CDRConfig  # noqa: E402
from recbole_cdr.data import create_dataset, data_preparation  # noqa: E402
from recbole_cdr.utils import get_model, get_trainer  # noqa: E402

PACKAGE = Path(recbole_cdr.__file__).parent


def configuration(model: str, epochs: int, folder: Path) -> CDRConfig:
    """Take the package's own settings of the pair; EMCDR trains each of its three phases."""
    pair = yaml.safe_load((PACKAGE / "properties" / "dataset" / "sample.yaml").read_text())
    for side in ("source_domain", "target_domain"):
        pair[side]["data_path"] = str(PACKAGE / "dataset_example") + "/"
    (folder / "pair.yaml").write_text(yaml.safe_dump(pair))
    phases = ("SOURCE", "TARGET", "OVERLAP") if model == "EMCDR" else ("BOTH",)
    options = {
        "use_gpu": False,
        "show_progress": False,
        "state": "WARNING",
        "train_epochs": [f"{phase}:{epochs}" for phase in phases],
        "checkpoint_dir": str(folder / "saved"),
    }
    return CDRConfig(model=model, config_file_list=[str(folder / "pair.yaml")], config_dict=options)


def keep_split(parts, folder: Path) -> None:
    """Write source, training, validation and test as arrays of users, items (one space for both domains), ratings."""
    source, _, *target = parts
    arrays = {}
    for name, part in zip(("source", "train", "validation", "test"), (source, *target), strict=True):
        domain = "source" if name == "source" else "target"
        for field in ("user", "item", "rating"):
            key = f"{domain}_rating" if field == "rating" else f"{domain}_{field}_id"
            arrays[f"{name}_{field}"] = np.asarray(part.inter_feat[key])
    np.savez(folder / "split.npz", **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=("CMF", "EMCDR"))
    parser.add_argument("epochs", type=int)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    sys.argv = sys.argv[:1]  # the library reads it too
    asked.out.mkdir(parents=True, exist_ok=True)
    config = configuration(asked.model, asked.epochs, asked.out)
    init_seed(config["seed"], config["reproducibility"])
    init_logger(config)
    data = create_dataset(config)
    built, build = [], data.build
    data.build = lambda: built.append(build()) or built[0]
    training, validation, test = data_preparation(config, data)
    keep_split(built[0], asked.out)
    init_seed(config["seed"], config["reproducibility"])
    model = get_model(config["model"])(config, training.dataset).to(config["device"])
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    start = time.perf_counter()
    trainer.fit(training, validation, saved=True, show_progress=False)
    seconds = time.perf_counter() - start
    found = dict(trainer.evaluate(test, load_best_model=True, show_progress=False))
    line = {"model": asked.model, "epochs": asked.epochs, "seconds": round(seconds, 1), **found}
    with (asked.out / "peer.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
