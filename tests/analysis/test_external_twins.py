"""What a source tells of the test of a system that ran elsewhere."""

import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import tlbench
from tlbench.analysis.external_files import read_qrels
from tlbench.analysis.external_runs import measure_apart, measure_files
from tlbench.analysis.external_twins import find_exposure, read_exposure
from tlbench.cli.app import app
from tlbench.data import read_file
from tlbench.errors import TlbenchError


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A target of 300 users with one test event each; its items i0 to i4 stand in the source too, as t0 to t4.

    The run knows the test events on these items, and guesses all others.
    """
    folder = tmp_path_factory.mktemp("told")
    rng = np.random.default_rng(11)
    events = pl.DataFrame(
        [
            {"user": f"u{user}", "item": f"i{item}"}
            for user in range(300)
            for item in rng.choice(60, 8, replace=False, p=None)
        ]
    )
    test = events.group_by("user", maintain_order=True).first()
    events.join(test, on=("user", "item"), how="anti").write_csv(folder / "train.csv")
    test.write_csv(folder / "test.csv")
    twins = [f"i{number}" for number in range(5)]
    told = events.filter(pl.col("item").is_in(twins)).with_columns(item="t" + pl.col("item").str.slice(1))
    other = pl.DataFrame(
        [{"user": f"u{user}", "item": f"s{item}"} for user in range(300) for item in rng.choice(50, 6, replace=False)]
    )
    pl.concat([told, other]).write_csv(folder / "source.csv")
    scores = test.with_columns(score=pl.when(pl.col("item").is_in(twins)).then(1.0).otherwise(0.1))
    guesses = pl.DataFrame(
        [
            {"user": f"u{user}", "item": f"i{item}", "score": 0.5 + 0.01 * place}
            for user in range(300)
            for place, item in enumerate(rng.choice(np.arange(5, 60), 3, replace=False))
        ]
    )
    pl.concat([scores, guesses]).unique(("user", "item"), keep="first").write_csv(folder / "knows.csv")
    return folder, test, twins


def test_exposed_events_are_those_of_the_same_user_on_a_twin(written):
    folder, test, twins = written
    exposure = read_exposure(read_qrels(folder / "test.csv"), folder / "source.csv", folder / "train.csv")
    told = test.filter(pl.col("item").is_in(twins)).sort("user", "item")
    assert set(exposure.twins.twins.same.select("left_item", "right_item").iter_rows()) == {
        (f"t{number}", f"i{number}") for number in range(5)
    }
    assert exposure.exposed.table.select("user", "item").equals(told)
    assert exposure.events == len(told) > 10
    assert exposure.of_events == 300


def test_metrics_are_those_of_each_part_alone(written):
    folder, _, _ = written
    qrels = read_qrels(folder / "test.csv")
    exposure = read_exposure(qrels, folder / "source.csv", folder / "train.csv")
    exposed, unexposed = measure_apart(exposure, folder / "knows.csv", ["mrr@10"])
    assert exposed.result.values["mrr@10"].tolist() == [1.0] * exposure.events
    whole = measure_files(qrels, folder / "knows.csv", ["mrr@10"]).result.values["mrr@10"]
    both = exposed.result.values["mrr@10"].sum() + unexposed.result.values["mrr@10"].sum()
    assert both == pytest.approx(whole.sum())
    assert unexposed.result.values["mrr@10"].max() < 0.5


def test_without_the_targets_training_the_judgements_alone_are_looked_at(written):
    folder, _, _ = written
    alone = read_exposure(read_qrels(folder / "test.csv"), folder / "source.csv", None)
    assert alone.of_events == 300
    assert alone.events <= read_exposure(
        read_qrels(folder / "test.csv"), folder / "source.csv", folder / "train.csv"
    ).events  # fmt: skip


def test_a_source_without_twins_exposes_nothing(written):
    folder, _, _ = written
    qrels = read_qrels(folder / "test.csv")
    pl.read_csv(folder / "source.csv").filter(pl.col("item").str.starts_with("s")).write_csv(folder / "clean.csv")
    exposure = read_exposure(qrels, folder / "clean.csv", folder / "train.csv")
    assert exposure.share == 0
    exposed, unexposed = measure_apart(exposure, folder / "knows.csv", ["mrr@10"])
    assert exposed is None
    assert unexposed.result.values.equals(measure_files(qrels, folder / "knows.csv", ["mrr@10"]).result.values)


def test_the_command_prints_both_parts_and_the_share(written):
    folder, _, _ = written
    asked = ["evaluate", "--qrels", f"{folder}/test.csv", "--run", f"{folder}/knows.csv", "--metrics", "mrr@10"]
    asked += ["--source", f"{folder}/source.csv", "--target", f"{folder}/train.csv"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert "exposed" in shown.stdout
    assert "5 of 55 source items are twins" in shown.stderr
    read = json.loads(CliRunner().invoke(app, [*asked, "--format", "json", "--quiet"]).stdout)
    assert read["source"]["twins"] == 5
    assert read["source"]["judged_events"] == 300
    assert read["runs"][0]["exposed"]["means"]["mrr@10"] == 1.0
    assert read["runs"][0]["exposed"]["users"] + read["runs"][0]["unexposed"]["users"] == 300
    found = tlbench.evaluate(
        folder / "test.csv", folder / "knows.csv", metrics=["mrr@10"], source=folder / "source.csv",
        target=folder / "train.csv",
    )  # fmt: skip
    exposed, _ = found.parts[folder / "knows.csv"]
    assert exposed.result.values["mrr@10"].mean() == 1.0
    assert found.exposure.twins.items == 5


def test_a_target_alone_is_refused(written):
    folder, _, _ = written
    with pytest.raises(TlbenchError, match="beside a source"):
        read_exposure(read_qrels(folder / "test.csv"), None, folder / "train.csv")


def test_judged_events_that_the_target_lacks_are_added_to_it(written):
    folder, _, _ = written
    qrels = read_qrels(folder / "test.csv")
    source, target = (read_file(folder / name) for name in ("source.csv", "train.csv"))
    assert find_exposure(qrels, source, target).of_events == 300
