"""Results at an address: what `run` writes there, every command reads there, and the same as in a folder."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tlbench.pipeline import read_report, run_suite
from tlbench.plugins import register_all
from tlbench.report import as_json
from tlbench.store.place import place
from tlbench.store.results import ResultsFolder
from tlbench.suite import read_request

PLUGIN = Path(__file__).parents[1] / "execute" / "tiny_plugin.py"


def installed(*names):
    return all(importlib.util.find_spec(name) is not None for name in names)


def suite():
    register_all([PLUGIN])
    chosen = {
        "scenarios": ["tiny-a->tiny-b"],
        "baselines": ["popularity"],
        "methods": ["pooled-item-knn"],
        "metrics": ["ndcg@10"],
        "k_core": 1,
        "protocol": "k-fold:3",
    }
    return read_request(None, chosen).suite


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the same run in a folder of this machine says."""
    out = tmp_path_factory.mktemp("here") / "out"
    run_suite(suite(), out)
    return said(out)


def said(folder):
    """The report without the seconds, which differ from run to run."""
    return re.sub(r'"seconds": [^,\n]+', "", as_json(read_report(folder)))


def assert_works_at(address, report):
    """Run there, read there, run again with nothing to do, heal a damaged cell."""
    folder = place(address)
    run_suite(suite(), folder)
    assert said(place(address)) == report
    results = ResultsFolder(folder)
    values = sorted(path for path in folder.rglob("*") if path.name.endswith(".users.parquet"))
    assert values
    assert not [path for path in folder.rglob("*") if path.name.endswith(".part")]
    before = [path.read_bytes() for path in values]
    values[0].write_bytes(b"cut")
    run_suite(suite(), folder)
    assert [path.read_bytes() for path in values] == before
    assert results.read_suite().name


@pytest.mark.skipif(not installed("upath"), reason="`tlbench[cluster]` is not installed")
def test_results_in_memory(report):
    assert_works_at("memory://elsewhere/suite", report)


def test_address_of_a_file_is_a_folder_of_this_machine(tmp_path, report):
    out = tmp_path / "a folder"
    assert_works_at(out.as_uri(), report)
    assert (out / "suite.toml").is_file()
    assert place(out.as_uri()) == out


@pytest.mark.parametrize(
    "command",
    [
        ["report"],
        ["report", "--format", "json"],
        ["explain", "pooled-item-knn", "--against", "best-baseline"],
        ["power"],
        ["verify", "--cells", "1"],
    ],
    ids=" ".join,
)
def test_every_command_that_reads_takes_an_address(tmp_path, command):
    from typer.testing import CliRunner

    from tlbench.cli.app import app

    out = tmp_path / "out"
    run_suite(suite(), out)
    name, *options = command
    done = CliRunner().invoke(app, [name, out.as_uri(), *options, "--plugin", str(PLUGIN)])
    assert done.exit_code == 0, done.output
    assert done.stdout


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:///tmp/a%20b", "/tmp/a b"),
        ("file:/tmp/x", "/tmp/x"),
        ("file://localhost/tmp/%C3%A4", "/tmp/ä"),
        ("file:///C:/results", "C:/results"),
    ],
)
def test_address_of_a_file_is_read_as_its_rule_says(address, path):
    assert place(address) == Path(path)


def test_compare_and_history_take_addresses(tmp_path):
    from typer.testing import CliRunner

    from tlbench.cli.app import app

    out = tmp_path / "out"
    run_suite(suite(), out)
    sides = [f"{out.as_uri()}::{method}" for method in ("popularity", "pooled-item-knn")]
    done = CliRunner().invoke(app, ["compare", *sides])
    assert done.exit_code in (0, 1), done.output
    assert "regressed" in done.stdout or "improved" in done.stdout
    done = CliRunner().invoke(app, ["history", out.as_uri(), out.as_uri()])
    assert done.exit_code == 0, done.output


@pytest.fixture
def s3(monkeypatch):
    """An S3-compatible server of our own, with a bucket; nothing leaves this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    server = subprocess.Popen(command, env=environment, **quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
            "AWS_ENDPOINT_URL_S3": address,
        }.items():
            monkeypatch.setenv(name, value)
        wait_for(port)
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir("bucket")
        yield "s3://bucket"
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(port):
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of libraries that speak to the server
@pytest.mark.skipif(not installed("upath", "moto", "s3fs"), reason="no moto or s3fs: install the `dev` extra")
def test_results_in_an_object_store(s3, report):
    assert_works_at(f"{s3}/results/suite", report)
