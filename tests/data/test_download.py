"""Files arrive whole or not at all, from a real server that does what servers do."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tlbench.data import download_stream, load
from tlbench.data.download import fetch, raw_path
from tlbench.errors import TlbenchError

BODY = b"".join(b"U%d,B%d,%d.0,%d\n" % (k, k % 50, k % 5 + 1, 1_400_001_000 + k) for k in range(100_000))
SUM = hashlib.sha256(BODY).hexdigest()
Act = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A server on the loopback interface that answers its requests by a list of acts, the last one again and again."""

    def __init__(self) -> None:
        self.acts: list[Act] = [whole]
        self.asked: list[dict[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(dict(self.headers))
                act = server.acts.pop(0) if len(server.acts) > 1 else server.acts[0]
                act(self)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/data/ratings.csv"
        threading.Thread(target=self.http.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(download_stream.time, "sleep", lambda _: None)
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler: BaseHTTPRequestHandler) -> None:
    """Honour ranges, as most servers do."""
    asked = handler.headers.get("Range")
    if asked is None or handler.headers.get("If-Range", '"v1"') != '"v1"':
        answer(handler, 200, BODY, Content_Length=str(len(BODY)), ETag='"v1"')
        return
    start = int(asked.removeprefix("bytes=").rstrip("-"))
    rest = BODY[start:]
    where = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    answer(handler, 206, rest, Content_Length=str(len(rest)), Content_Range=where, ETag='"v1"')


def ignoring_ranges(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, BODY, Content_Length=str(len(BODY)), ETag='"v1"')


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promise the whole, send half of the rest, and hang up."""
    asked = handler.headers.get("Range")
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
    rest = BODY[start:]
    where = {"Content_Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"} if start else {}
    answer(handler, 206 if start else 200, rest[: len(rest) // 2], Content_Length=str(len(rest)), ETag='"v1"', **where)


def status(code: int) -> Act:
    return lambda handler: answer(handler, code, b"no", Content_Length="2")


def test_file_arrives_under_the_path_of_its_address(server: Server, own_cache: Path) -> None:
    path = fetch(server.url, name="toy", sha256=SUM)
    assert (
        path
        == raw_path(server.url)
        == own_cache / "raw" / server.url.split("/")[2].replace(":", "_") / "data/ratings.csv"
    )
    assert path.read_bytes() == BODY
    assert sorted(other.name for other in path.parent.iterdir()) == [".ratings.csv.lock", "ratings.csv"]


def test_file_that_is_there_is_not_fetched_again(server: Server) -> None:
    fetch(server.url, name="toy", sha256=SUM)
    fetch(server.url, name="toy", sha256=SUM)
    assert len(server.asked) == 1


def test_cut_transfer_is_continued_where_it_was_cut(server: Server) -> None:
    server.acts = [cut, cut, whole]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY
    ranges = [asked.get("Range") for asked in server.asked]
    assert ranges == [None, f"bytes={len(BODY) // 2}-", f"bytes={len(BODY) // 2 + len(BODY) // 4}-"]
    assert server.asked[1]["If-Range"] == '"v1"'


def test_part_of_a_killed_process_is_continued(server: Server) -> None:
    path = raw_path(server.url)
    path.parent.mkdir(parents=True)
    path.with_name("ratings.csv.part").write_bytes(BODY[:1000])
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY
    assert server.asked[0]["Range"] == "bytes=1000-"


def test_server_that_ignores_ranges_sends_the_whole_again(server: Server) -> None:
    server.acts = [cut, ignoring_ranges]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY


def test_part_of_another_version_is_thrown_away(server: Server) -> None:
    path = raw_path(server.url)
    path.parent.mkdir(parents=True)
    path.with_name("ratings.csv.part").write_bytes(b"x" * 1000)
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY
    assert len(server.asked) == 2


def test_part_longer_than_the_file_is_thrown_away(server: Server) -> None:
    path = raw_path(server.url)
    path.parent.mkdir(parents=True)
    path.with_name("ratings.csv.part").write_bytes(BODY + b"more")
    server.acts = [status(416), whole]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY


def test_part_of_an_unknown_version_is_not_continued_without_a_sum(server: Server) -> None:
    path = raw_path(server.url)
    path.parent.mkdir(parents=True)
    path.with_name("ratings.csv.part").write_bytes(BODY[:1000])
    assert fetch(server.url, name="toy").read_bytes() == BODY
    assert "Range" not in server.asked[0]


def test_wrong_bytes_are_refused_and_nothing_stays(server: Server) -> None:
    server.acts = [lambda handler: answer(handler, 200, b"<html>log in</html>", Content_Length="19")]
    with pytest.raises(TlbenchError, match="SHA-256 of what was downloaded is not") as caught:
        fetch(server.url, name="toy", sha256=SUM)
    assert caught.value.hint is not None
    assert str(raw_path(server.url)) in caught.value.hint
    assert not raw_path(server.url).exists()
    assert not raw_path(server.url).with_name("ratings.csv.part").exists()


@pytest.mark.parametrize("code", [403, 404, 410])
def test_refusal_is_final_and_says_how_to_do_it_by_hand(server: Server, code: int) -> None:
    server.acts = [status(code)]
    with pytest.raises(TlbenchError, match=f"the server answers {code}") as caught:
        fetch(server.url, name="toy", sha256=SUM)
    assert len(server.asked) == 1
    assert server.url in caught.value.message
    assert caught.value.hint is not None
    assert "by hand" in caught.value.hint


@pytest.mark.parametrize("code", [429, 500, 503])
def test_passing_trouble_is_tried_again(server: Server, code: int) -> None:
    server.acts = [status(code), status(code), whole]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY
    assert len(server.asked) == 3


def test_lasting_trouble_ends_after_five_attempts(server: Server) -> None:
    server.acts = [status(500)]
    with pytest.raises(TlbenchError, match="the server answers 500"):
        fetch(server.url, name="toy", sha256=SUM)
    assert len(server.asked) == 5


def test_waits_grow(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(download_stream.time, "sleep", waits.append)
    server.acts = [status(500)]
    with pytest.raises(TlbenchError):
        fetch(server.url, name="toy", sha256=SUM)
    assert waits == [1, 2, 4, 8]


def test_nobody_listening_is_said(server: Server) -> None:
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(TlbenchError, match="no connection"):
        fetch(server.url, name="toy", sha256=SUM)


def test_slow_body_arrives(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        for k in range(10):
            handler.wfile.write(b"%d" % k)
            handler.wfile.flush()
            time.sleep(0.02)

    server.acts = [slow]
    assert fetch(server.url, name="toy").read_bytes() == b"0123456789"
    raw_path(server.url).unlink()


def test_body_that_stands_still_is_tried_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_stream, "TIMEOUT", (1.0, 0.1))
    over = threading.Event()

    def stuck(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 200, BODY[: 3 * download_stream.CHUNK + 9], Content_Length=str(len(BODY)), ETag='"v1"')
        handler.wfile.flush()
        over.wait(1)

    server.acts = [stuck, whole]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY
    over.set()
    assert server.asked[1]["Range"] == f"bytes={3 * download_stream.CHUNK}-"


def test_redirect_is_followed(server: Server) -> None:
    server.acts = [lambda handler: answer(handler, 302, b"", Location="/elsewhere", Content_Length="0"), whole]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY


def test_body_without_length_arrives_and_is_checked_by_its_sum(server: Server) -> None:
    server.acts = [lambda handler: answer(handler, 200, BODY)]
    assert fetch(server.url, name="toy", sha256=SUM).read_bytes() == BODY


def test_body_without_length_and_sum_that_is_cut_is_not_taken_for_whole(server: Server) -> None:
    packed = gzip.compress(BODY)
    server.acts = [lambda handler: answer(handler, 200, packed[:-100])]
    with pytest.raises(TlbenchError, match="truncated or damaged"):
        fetch(f"{server.url}.gz", name="toy")
    assert not raw_path(f"{server.url}.gz").exists()


def test_packed_transfer_is_not_asked_for(server: Server) -> None:
    fetch(server.url, name="toy", sha256=SUM)
    assert server.asked[0]["Accept-Encoding"] == "identity"


def test_path_of_an_address_never_leaves_the_cache(own_cache: Path) -> None:
    for url in ("http://h/../../etc/x", "http://h/%2e%2e/%2e%2e/etc/x", "http://h//x", "http://h/a/./x"):
        assert (own_cache / "raw" / "h") in raw_path(url).resolve().parents


def test_two_processes_fetch_a_file_once(server: Server, own_cache: Path) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.4)
        whole(handler)

    server.acts = [slow]
    code = f"from tlbench.data.download import fetch; fetch({server.url!r}, name='toy', sha256={SUM!r})"
    environment = {**os.environ, "TLBENCH_CACHE": str(own_cache), "no_proxy": "*"}
    root = Path(__file__).resolve().parents[2]
    both = [subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=root) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert len(server.asked) == 1
    assert raw_path(server.url).read_bytes() == BODY


def test_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = server.url.rsplit("/", 2)[0]
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert fetch("http://nowhere.invalid/x.csv", name="toy", sha256=SUM).read_bytes() == BODY
    assert server.asked[0]["Host"] == "nowhere.invalid"


def test_full_disk_is_said_with_a_way_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download_stream, "_write", full)
    with pytest.raises(TlbenchError, match="no space is left") as caught:
        fetch(server.url, name="toy", sha256=SUM)
    assert caught.value.hint is not None
    assert "TLBENCH_CACHE" in caught.value.hint


def test_unwritable_cache_is_an_error_where_a_file_must_be_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(TlbenchError, match="cannot be written") as caught:
        fetch(server.url, name="toy", sha256=SUM)
    assert caught.value.hint is not None
    assert "TLBENCH_CACHE" in caught.value.hint


def catalogue_of(server: Server, tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(
        f'schema = 1\n[datasets."toy"]\nformat = "amazon-csv-2014"\nurl = "{server.url}"\nsha256 = "{SUM}"\n'
        'user_ids = "toy"\nterms = "be kind"\n'
    )
    return path


def test_load_fetches_what_is_missing_and_shows_the_terms_once(server: Server, tmp_path: Path) -> None:
    heard: list[str] = []

    class Ear:
        def track(self, steps: Iterator[bytes], label: str, *, total: int | None = None) -> Iterator[bytes]:
            heard.append(f"{label} {total}")
            return iter(steps)

        def say(self, message: str) -> None:
            heard.append(message)

    for _ in range(2):
        data = load("toy", catalogue=catalogue_of(server, tmp_path), progress=Ear())  # type: ignore[arg-type]
        assert len(data) == 100_000
    chunks = -(-len(BODY) // download_stream.CHUNK)
    size = f"fetching ratings.csv: {len(BODY) / 1e6:.1f} MB"
    assert heard == ["terms of use of `toy`: be kind", size, f"fetching ratings.csv {chunks}"]


def test_offline_never_asks_and_says_where_the_file_belongs(server: Server, tmp_path: Path) -> None:
    with pytest.raises(TlbenchError, match="--offline") as caught:
        load("toy", catalogue=catalogue_of(server, tmp_path), offline=True)
    assert server.asked == []
    assert caught.value.hint is not None
    assert str(raw_path(server.url)) in caught.value.hint
    raw_path(server.url).parent.mkdir(parents=True)
    raw_path(server.url).write_bytes(BODY)
    assert len(load("toy", catalogue=catalogue_of(server, tmp_path), offline=True)) == 100_000


class Teller:
    """Notes what is said, and answers every question in one way."""

    def __init__(self, *, says: bool = True) -> None:
        self.says, self.said, self.asked = says, [], []  # type: ignore[var-annotated]

    def track(self, steps, label, *, total=None):  # type: ignore[no-untyped-def]
        return iter(steps)

    def say(self, message: str) -> None:
        self.said.append(message)

    def allow(self, question: str) -> bool:
        self.asked.append(question)
        return self.says


def test_the_size_is_said_before_a_file_is_fetched(server: Server) -> None:
    teller = Teller()
    fetch(server.url, name="books", sha256=SUM, progress=teller)
    assert f"fetching ratings.csv: {len(BODY) / 1e6:.1f} MB" in teller.said
    assert teller.asked == []


@pytest.mark.parametrize("says", [True, False])
def test_much_is_asked_about(server: Server, monkeypatch: pytest.MonkeyPatch, says: bool) -> None:
    monkeypatch.setattr(download_stream, "LARGE", 1000)
    teller = Teller(says=says)
    if says:
        assert fetch(server.url, name="books", sha256=SUM, progress=teller).read_bytes() == BODY
    else:
        with pytest.raises(TlbenchError, match="you did not want it"):
            fetch(server.url, name="books", sha256=SUM, progress=teller)
        assert not raw_path(server.url).exists()
    assert teller.asked == [f"ratings.csv has {len(BODY) / 1e9:.1f} GB; fetch it?"]


def test_a_name_that_nobody_knows_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(download_stream.time, "sleep", waits.append)
    with pytest.raises(TlbenchError, match="name of the server cannot be resolved"):
        fetch("http://no-such-server.invalid/ratings.csv", name="books", sha256=SUM)
    assert waits == []
