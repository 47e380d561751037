"""The downloads against a server of this machine: no network is asked."""

import gzip
import hashlib
import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from attnviz.data.readers.download import HASHES, SOURCES, download, source_of

REVIEWS = gzip.compress(b'{"overall": 5.0}\n' * 1000)
PRODUCTS = gzip.compress(b'{"asin": "B1"}\n')
SHA256 = hashlib.sha256(REVIEWS).hexdigest()
NAMES = ("Soap_5.json.gz", "meta_Soap.json.gz")


class Handler(BaseHTTPRequestHandler):
    """Gives what `server.files` holds; a file's answer may promise more bytes than come."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        self.server.asked.append(name)
        content, promised = self.server.files.get(name, (None, 0))
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        if promised is not None:
            self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *arguments):
        """Say nothing."""


@contextmanager
def serving(**files):
    """A server whose files are (content, promised length); yields it with its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked = files, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def shop(monkeypatch):
    """A server with both files, where the addresses of amazon2018 now point."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        server.files = {NAMES[0]: (REVIEWS, len(REVIEWS)), NAMES[1]: (PRODUCTS, len(PRODUCTS))}
        base = f"http://127.0.0.1:{server.server_port}"
        files = tuple(re.sub(r"^https://[^/]+", base, address) for address in SOURCES["amazon2018"].files)
        monkeypatch.setitem(SOURCES, "amazon2018", replace(SOURCES["amazon2018"], files=files))
        yield server


def fetch(folder, **options):
    return download("amazon2018", "Soap", folder=folder, progress=False, **options)


def test_good_files_are_fetched_once(shop, tmp_path):
    """Both files come in the order of the reader; the second time nothing is asked; no draft stays."""
    with pytest.warns(UserWarning, match="no hash is known") as told:
        paths = fetch(tmp_path / "new")
    assert len(told) == 2
    assert f"its sha256 is {SHA256}" in str(told[0].message)
    assert {warning.filename for warning in told} == {__file__}
    assert [path.name for path in paths] == list(NAMES)
    assert [path.read_bytes() for path in paths] == [REVIEWS, PRODUCTS]
    assert fetch(tmp_path / "new") == paths
    assert shop.asked == list(NAMES)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(NAMES)


def test_the_default_folder_is_the_cache(shop, tmp_path, monkeypatch):
    """ATTNVIZ_CACHE/data/NAME/CATEGORY."""
    monkeypatch.setenv("ATTNVIZ_CACHE", str(tmp_path))
    with pytest.warns(UserWarning, match="no hash"):
        reviews, _ = fetch(None)
    assert reviews == tmp_path / "data/amazon2018/Soap" / NAMES[0]


@pytest.mark.filterwarnings("ignore:no hash is known:UserWarning")
def test_a_known_hash_is_checked(shop, tmp_path, recwarn):
    """A file with the given hash comes without a warning; one with another is refused and not kept."""
    fetch(tmp_path / "right", hashes={NAMES[0]: SHA256})
    assert not [warning for warning in recwarn if NAMES[0] in str(warning.message)]
    with pytest.raises(
        ValueError, match="Soap_5.json.gz gives another file than expected, and it was not kept"
    ):
        fetch(tmp_path / "wrong", hashes={NAMES[0]: "0" * 64})
    assert list((tmp_path / "wrong").iterdir()) == []


def test_a_hash_of_ours_is_checked(shop, tmp_path, monkeypatch):
    """What stands in HASHES is known without being given."""
    monkeypatch.setitem(HASHES, SOURCES["amazon2018"].files[0].format(category="Soap"), "sha256:" + "0" * 64)
    with pytest.raises(ValueError, match="gives another file than expected"):
        fetch(tmp_path)


@pytest.mark.filterwarnings("ignore:no hash is known:UserWarning")
def test_a_file_put_there_by_hand_is_taken(shop, tmp_path):
    """Nothing is asked for a file that lies where the message said; one with a wrong hash is fetched anew."""
    (tmp_path / NAMES[0]).write_bytes(PRODUCTS)
    reviews, _ = fetch(tmp_path)
    assert reviews.read_bytes() == PRODUCTS
    assert shop.asked == [NAMES[1]]
    reviews, _ = fetch(tmp_path, hashes={NAMES[0]: SHA256})
    assert reviews.read_bytes() == REVIEWS


BROKEN = {
    "not found": (None, 0),
    "cut off": (REVIEWS[:-5], len(REVIEWS)),
    "nothing": (b"", 5),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_fetched_is_told_in_one_paragraph(shop, tmp_path, kind):
    """404 and a broken connection: the address, where to put the file by hand, and no half file."""
    shop.files[NAMES[0]] = BROKEN[kind]
    with pytest.raises(ConnectionError) as error:
        fetch(tmp_path)
    text = str(error.value)
    address = (
        f"http://127.0.0.1:{shop.server_port}/public_datasets/data/amazon_v2/categoryFilesSmall/{NAMES[0]}"
    )
    assert text.startswith(f"{address} could not be fetched (")
    assert f"put the file at {tmp_path / NAMES[0]};" in text
    assert ("the server says 404" in text) == (kind == "not found")
    assert "\n" not in text
    assert list(tmp_path.iterdir()) == []


SORRY = {"a page": b"<html>Please log in</html>", "half without a length": REVIEWS[:-5], "empty": b""}


@pytest.mark.parametrize("kind", SORRY)
def test_what_is_no_whole_gzip_file_is_not_kept(shop, tmp_path, kind):
    """A page that says sorry, and data that end early where the server promised no length."""
    shop.files[NAMES[0]] = SORRY[kind], None
    with pytest.raises(ValueError, match="it is not a whole gzip file"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_network_at_all(tmp_path, monkeypatch):
    """Nobody listens: one paragraph that names the address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        port = server.server_port
    files = (f"http://127.0.0.1:{port}/{{category}}.gz",) * 2
    monkeypatch.setitem(SOURCES, "amazon2023", replace(SOURCES["amazon2023"], files=files))
    with pytest.raises(ConnectionError, match=r"Soap\.gz could not be fetched .*call download again"):
        download("amazon2023", "Soap", folder=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("amazon2018", "../../etc"),
        ("amazon2023", "All Beauty"),
        ("airbnb", "albany"),
        ("airbnb", "../2025-10-05"),
    ],
)
def test_a_category_that_cannot_be(name, category, tmp_path):
    """What would leave the folder or the site is refused before anything is asked."""
    with pytest.raises(
        ValueError, match="category must look like '.*' lists what there is|category must look"
    ):
        download(name, category, folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "category"), [(["airbnb"], "x"), (None, "x"), ("amazon2018", None), ("airbnb", 5)]
)
def test_what_is_no_text(name, category, tmp_path):
    """A ValueError that says what was expected."""
    with pytest.raises(ValueError, match=r"(name must be one of|category must look like) '.*got"):
        download(name, category, folder=tmp_path)


@pytest.mark.parametrize(
    ("hashes", "told"),
    [
        (
            {"Soap.json.gz": SHA256},
            "'Soap.json.gz' is none of the files 'Soap_5.json.gz' and 'meta_Soap.json.gz'",
        ),
        ({NAMES[0]: "abc"}, "must be a sha256, 64 hexadecimal digits, got 'abc'"),
        ({NAMES[0]: 5}, "must be a sha256, 64 hexadecimal digits, got 5"),
    ],
)
def test_a_hash_that_would_not_be_checked(shop, tmp_path, hashes, told):
    """A hash of another file, or none, is an error before anything is asked."""
    with pytest.raises(ValueError, match=told):
        fetch(tmp_path, hashes=hashes)
    assert shop.asked == []


@pytest.mark.filterwarnings("ignore:no hash is known:UserWarning")
def test_without_a_home_folder(shop, tmp_path, monkeypatch):
    """No home and no ATTNVIZ_CACHE: an error that says what to set; a folder that is given is enough."""

    def nobody(_):
        raise KeyError

    for variable in ("HOME", "ATTNVIZ_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(ValueError, match="no home folder .*set the environment variable ATTNVIZ_CACHE"):
        fetch(None)
    assert [path.exists() for path in fetch(tmp_path)] == [True, True]


def test_an_unknown_name():
    """The names that there are stand in the message."""
    with pytest.raises(
        ValueError, match="name must be one of 'amazon2018', 'amazon2023', 'airbnb', got 'yelp'"
    ):
        download("yelp", "All_Beauty")


@pytest.mark.parametrize("name", SOURCES)
def test_the_example_of_a_category_is_one(name):
    """The example in the message passes its own rule, and makes two https addresses of packed files."""
    source = source_of(name, SOURCES[name].example)
    addresses = [address.format(category=source.example) for address in source.files]
    assert all(re.fullmatch(r"https://[\w./-]+\.gz", address) for address in addresses)
    assert len(set(addresses)) == 2
