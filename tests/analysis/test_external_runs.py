"""Runs of other systems: files are read as trec_eval reads them, tables by name, and wrong ones are refused."""

import gzip
import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tlbench.analysis.external_files import Ties, read_qrels, read_run
from tlbench.analysis.external_runs import measure_files
from tlbench.cli.app import app
from tlbench.errors import TlbenchError

NAMES = ["ndcg@5", "recall@10", "mrr@10", "hit@1", "precision@3"]


def write_trec(folder, seed=0, n_users=40, n_items=60):
    """A run whose ranks contradict its scores (the scores count) and judgements with grades, zeros and strangers."""
    rng = np.random.default_rng(seed)
    qrels, run = [], []
    for u in range(n_users):
        qrels.extend(f"u{u}\t0  d{i} {rng.integers(0, 3)}" for i in rng.choice(n_items, 8, replace=False))
        if u % 9:
            listed, scores = rng.choice(n_items, 25, replace=False), rng.permutation(1000)[:25] / 7
            run.extend(
                f"u{u} Q0 d{i} {at + 1} {s:.6f} tag" for at, (i, s) in enumerate(zip(listed, scores, strict=True))
            )
    run.append("stranger Q0 d1 1 0.5 tag")
    (folder / "test.qrels").write_text("\n".join(qrels) + "\n")
    (folder / f"seed{seed}.run").write_text("\n".join(run) + "\n")
    return folder / "test.qrels", folder / f"seed{seed}.run"


def test_trec_files_are_measured_as_trec_eval_measures_them(tmp_path):
    import pytrec_eval

    qrels_path, run_path = write_trec(tmp_path)
    found = measure_files(read_qrels(qrels_path), run_path, NAMES)
    with qrels_path.open() as q, run_path.open() as r:
        qrels, run = pytrec_eval.parse_qrel(q), pytrec_eval.parse_run(r)
    binary = {user: {item: int(grade > 0) for item, grade in items.items()} for user, items in qrels.items()}
    wanted = {"ndcg_cut.5", "recall.10", "recip_rank", "success.1", "P.3"}
    theirs = pytrec_eval.RelevanceEvaluator(binary, wanted).evaluate(run)
    judged = [user for user, items in qrels.items() if any(items.values())]
    assert sorted(judged) == found.result.values.index.tolist()
    for user in judged:
        ours, other = found.result.values.loc[user], theirs.get(user)
        if other is None:
            assert (ours == 0).all()
            continue
        first = other["recip_rank"] if other["recip_rank"] >= 0.1 else 0
        expected = [other["ndcg_cut_5"], other["recall_10"], first, other["success_1"], other["P_3"]]
        np.testing.assert_allclose(ours, expected, atol=1e-12)
    assert found.missing == sum(user not in run for user in judged)
    assert found.unjudged == sum(user not in judged for user in run)


def test_grades_are_gains_as_in_trec_eval(tmp_path):
    import pytrec_eval

    qrels_path, run_path = write_trec(tmp_path, seed=1)
    found = measure_files(read_qrels(qrels_path), run_path, ["graded-ndcg@5"]).result.values["graded-ndcg@5"]
    with qrels_path.open() as q, run_path.open() as r:
        theirs = pytrec_eval.RelevanceEvaluator(pytrec_eval.parse_qrel(q), {"ndcg_cut.5"}).evaluate(
            pytrec_eval.parse_run(r)
        )
    both = [user for user in found.index if user in theirs]
    assert len(both) > 30
    np.testing.assert_allclose(found[both], [theirs[user]["ndcg_cut_5"] for user in both], atol=1e-12)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("column", ["score", "rank"])
def test_tables_give_the_values_of_the_same_trec_files(tmp_path, ending, column):
    qrels_path, run_path = write_trec(tmp_path)
    run = read_run(run_path)
    if column == "rank":
        run = run.with_columns(rank=pl.col("score").rank("ordinal", descending=True).over("user")).drop("score")
    tables = {"qrels": read_qrels(qrels_path).table, "run": run}
    for name, table in tables.items():
        path = tmp_path / f"{name}{ending}"
        if ending == ".parquet":
            table.write_parquet(path)
        else:
            table.write_csv(path, separator="\t" if ending == ".tsv" else ",")
    found = measure_files(read_qrels(tmp_path / f"qrels{ending}"), tmp_path / f"run{ending}", NAMES).result
    expected = measure_files(read_qrels(qrels_path), run_path, NAMES).result
    assert found.values.equals(expected.values)
    assert found.split_digest == expected.split_digest


def test_ties_are_ordered_at_random_and_counted(tmp_path):
    (tmp_path / "q.csv").write_text("user,item\n" + "".join(f"u{u},d{u % 20}\n" for u in range(400)))
    lines = [f"u{u},d{i},0.5" for u in range(400) for i in range(20)]
    (tmp_path / "r.csv").write_text("user,item,score\n" + "\n".join(lines) + "\n")
    found = measure_files(read_qrels(tmp_path / "q.csv"), tmp_path / "r.csv", ["mrr@20"])
    assert found.result.values["mrr@20"].mean() == pytest.approx(np.mean(1 / np.arange(1, 21)))
    assert found.tied == 400 * 19


def test_ties_of_trec_are_ordered_as_trec_eval_orders_them(tmp_path):
    import pytrec_eval

    rng = np.random.default_rng(3)
    users = {f"u{u}": rng.choice(30, 20, replace=False) for u in range(80)}
    scores = {user: rng.integers(0, 3, 20) + rng.choice([0, 1e-9], 20) for user in users}  # 1e-9 is a tie in float32
    lines = [f"{u} Q0 d{i} 1 {s:.12f} t" for u in users for i, s in zip(users[u], scores[u], strict=True)]
    (tmp_path / "tied.run").write_text("\n".join(lines))
    (tmp_path / "q").write_text("\n".join(f"{u} 0 d{i} 1" for u in users for i in users[u][:4]))
    found = measure_files(read_qrels(tmp_path / "q"), tmp_path / "tied.run", ["ndcg@5"], ties=Ties.TREC)
    qrels = {u: {f"d{i}": 1 for i in users[u][:4]} for u in users}
    run = {u: {f"d{i}": float(s) for i, s in zip(users[u], scores[u], strict=True)} for u in users}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.5"}).evaluate(run)
    ours = found.result.values["ndcg@5"]
    np.testing.assert_allclose(ours, [theirs[user]["ndcg_cut_5"] for user in ours.index], atol=1e-12)
    by_chance = measure_files(read_qrels(tmp_path / "q"), tmp_path / "tied.run", ["ndcg@5"]).result.values["ndcg@5"]
    assert not np.allclose(by_chance, ours)


def test_tables_as_others_publish_them_are_read(tmp_path):
    qrels_path, run_path = write_trec(tmp_path)
    expected = measure_files(read_qrels(qrels_path), run_path, NAMES).result
    qrels = read_qrels(qrels_path).table.rename({"user": "userId", "item": "itemId", "relevance": "rating"})
    qrels.write_csv(tmp_path / "qrel.tsv", separator="\t")
    without_header = read_run(run_path).write_csv(separator="\t", include_header=False)
    (tmp_path / "run.tsv.gz").write_bytes(gzip.compress(without_header.encode()))
    found = measure_files(read_qrels(tmp_path / "qrel.tsv"), tmp_path / "run.tsv.gz", NAMES).result
    assert found.values.equals(expected.values)
    assert found.split_digest == expected.split_digest
    (tmp_path / "run.trec.gz").write_bytes(gzip.compress(run_path.read_bytes()))
    assert measure_files(read_qrels(qrels_path), tmp_path / "run.trec.gz", NAMES).result.values.equals(expected.values)
    (tmp_path / "cut.run.gz").write_bytes(gzip.compress(run_path.read_bytes())[:50])
    with pytest.raises(TlbenchError, match=r"cut\.run\.gz.*cannot be read"):
        read_run(tmp_path / "cut.run.gz")


def test_several_runs_are_printed_in_one_table(tmp_path):
    qrels, first = write_trec(tmp_path)
    _, second = write_trec(tmp_path, seed=0)
    second = second.rename(tmp_path / "second.run")
    write_trec(tmp_path)
    arguments = ["evaluate", "--qrels", str(qrels), "--run", str(first), "--run", str(second), "--metrics", "ndcg@10"]
    shown = CliRunner().invoke(app, [*arguments, "--users", str(tmp_path / "users.csv")])
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["run", "seed0.run", "second.run"]
    table = pl.read_csv(tmp_path / "users.csv")
    assert table.columns == ["run", "user", "ndcg@10"]
    assert table["run"].value_counts()["count"].n_unique() == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.run", "u Q0 d 1 0.5 t\nu Q0 e 2\n", "line 2 of .* is not of the form `user Q0 item rank score tag`"),
        ("a.run", "u Q0 d 1 high t\n", "line 1 of"),
        ("a.run", "u Q0 d 1 0.5 t\nu Q0 d 2 0.4 t\n", "lists item `d` twice for user `u`"),
        ("a.csv", "user,item\nu,d\n", "no column `score` or `rank`"),
        ("a.csv", "person,item,score\nu,d,1\n", "no column `user`"),
        ("a.csv", "user,item,score\nu,d,nan\n", "user `u` and item `d` a score that is not a number"),
        ("a.csv", "user,item,score\nu,d,much\n", "user `u` and item `d` a score that is not a number"),
    ],
)
def test_a_run_that_cannot_be_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(TlbenchError, match=message) as caught:
        read_run(tmp_path / name)
    assert caught.value.hint


def test_missing_files_empty_judgements_and_metrics_that_need_more_are_refused(tmp_path):
    with pytest.raises(TlbenchError, match="cannot be read"):
        read_run(tmp_path / "nothing.run")
    (tmp_path / "q").write_text("u 0 d 0\n")
    with pytest.raises(TlbenchError, match="judges nothing relevant"):
        read_qrels(tmp_path / "q")
    qrels_path, run_path = write_trec(tmp_path)
    for name in ("novelty@10", "auc", "calibration@5"):
        with pytest.raises(TlbenchError, match="looks at more than lists and judgements"):
            measure_files(read_qrels(qrels_path), run_path, [name])


def test_the_command_prints_means_and_writes_every_users_values(tmp_path):
    qrels, run = write_trec(tmp_path)
    values = measure_files(read_qrels(qrels), run, ["ndcg@10"]).result.values
    arguments = ["evaluate", "--qrels", str(qrels), "--run", str(run), "--metrics", "ndcg@10"]
    shown = CliRunner().invoke(app, [*arguments, "--users", str(tmp_path / "users.csv")])
    assert shown.exit_code == 0
    assert f"ndcg@10  {values['ndcg@10'].mean():.4f}" in shown.stdout
    assert "judged users are not in the run and count as 0" in shown.stderr
    assert pl.read_csv(tmp_path / "users.csv")["ndcg@10"].mean() == pytest.approx(values["ndcg@10"].mean())
    as_json = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)
    assert as_json["schema"] == 2
    assert as_json["runs"][0]["means"]["ndcg@10"] == pytest.approx(values["ndcg@10"].mean())


def test_two_run_files_are_compared_user_by_user(tmp_path):
    qrels, old = write_trec(tmp_path, n_users=300)
    best = read_qrels(qrels).table.select("user", "item", score="relevance")
    best.write_csv(tmp_path / "best.csv")
    shown = CliRunner().invoke(app, ["compare", str(old), str(tmp_path / "best.csv"), "--qrels", str(qrels)])
    assert shown.exit_code == 0, shown.output
    assert "improved" in shown.stdout
    back = CliRunner().invoke(app, ["compare", str(tmp_path / "best.csv"), str(old), "--qrels", str(qrels)])
    assert back.exit_code == 1
    assert "regressed" in back.stdout


def test_a_run_whose_ids_are_written_otherwise_is_refused_with_one_of_each(tmp_path):
    (tmp_path / "q.csv").write_text("user,item\nu1,d1\n")
    (tmp_path / "users.csv").write_text("user,item,score\n1,d1,0.5\n")
    (tmp_path / "items.csv").write_text("user,item,score\nu1,1,0.5\n")
    for name, message in (
        ("users", "no user of .* it has `1`, the judgements have `u1`"),
        ("items", "no item of .*`d1`"),
    ):
        with pytest.raises(TlbenchError, match=message):
            measure_files(read_qrels(tmp_path / "q.csv"), tmp_path / f"{name}.csv", ["ndcg@5"])


def test_run_files_without_judgements_are_answered_with_the_option(tmp_path):
    _, run = write_trec(tmp_path)
    shown = CliRunner().invoke(app, ["compare", str(run), str(run)])
    assert shown.exit_code == 2
    assert "--qrels" in shown.stderr
