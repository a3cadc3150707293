"""Raw text is shown only where the run kept it and this process holds the key, and who looked is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from review_items import item

from langkah.app import Originals
from langkah.artifacts import Workspace
from langkah.config import PiiConfig
from langkah.pii import Scrubber
from langkah.pii.sealed import KEY_VARIABLE, seal
from langkah.review import Kind, ReviewItem, ReviewQueue, Verdict, export_queue

DIGEST = "d" * 64
RAW = {
    "prompt": "My name is John Smith, how do I pay <fast>?",
    "output": "1. Write to john@x.org.\n2. Tell them that John Smith sent you.",
}
SECRETS = ("John", "Smith", "john@x.org")
Site = Callable[..., Any]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    return Workspace.open(tmp_path)


@pytest.fixture
def scrubbed(workspace: Workspace) -> ReviewItem:
    """A record as a run publishes it, its originals in the vault."""
    found, plain = Scrubber(PiiConfig(vault=True)).scrub_many([(RAW, "en"), ({"prompt": "How?", "output": "1. So."}, "en")])
    seal(workspace.vault_file(DIGEST), [("faq.csv", 7, found), ("faq.csv", 8, plain)])
    fields = found.fields
    assert not any(secret in text for secret in SECRETS for text in fields.values())
    return item(7, prompt=fields["prompt"], output="1. Write to [EMAIL].", before=fields["output"])


@pytest.fixture
def site(visitor: Site, workspace: Workspace) -> Site:
    return lambda name="Ana": visitor(reviewer=name, originals=Originals(workspace))


def _pages(client: Any, address: str) -> list[str]:
    return [client.get(path).text for path in (address, "/", "/new", "/new/list?show=all", "/new/done", "/variants")]


def test_the_original_is_on_one_page_and_nowhere_else(
    site: Site, queue: ReviewQueue, scrubbed: ReviewItem, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    queue.publish("kept", [scrubbed, item(8), item(7, Kind.variant)], DIGEST)
    client, address = site(), f"/new/item/{scrubbed.key}"
    with caplog.at_level(logging.DEBUG):
        before = _pages(client, address)
        answer = client.submit(f"{address}/original")
        client.submit(address, version=0, prompt="p", step=["s"], action="approve")
        conflict = client.submit(address, version=0, prompt="p", step=["s"], action="approve").text
        after = _pages(client, address)
    assert "Show the original" in before[0] and "Show the original" not in client.get(f"/new/item/{item(8).key}").text
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert "My name is <mark>John Smith</mark>, how do I pay &lt;fast&gt;?" in answer.text
    assert "1. Write to <mark>john@x.org</mark>.\n2. Tell them that <mark>John Smith</mark> sent you." in answer.text
    (look,) = queue.looks(scrubbed.key)
    assert (look.reviewer, look.vault, look.file, look.row) == ("Ana", DIGEST, "faq.csv", 7)
    assert "Who looked at the original" in after[0]
    assert f'Ana, <time datetime="{look.at.isoformat()}">{look.at:%Y-%m-%d %H:%M} UTC</time>' in after[0]
    export_queue(queue, "kept", workspace.root / "kept.csv")
    kept = [path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()]
    assert len(kept) >= 4
    for secret in SECRETS:
        assert all(secret not in text for text in (*before, conflict, *after, caplog.text))
        assert all(secret.encode() not in data for data in kept)


@pytest.mark.parametrize("lacking", ["key", "right key", "file", "vault"])
def test_without_the_key_or_the_vault_there_is_no_original(
    site: Site, queue: ReviewQueue, scrubbed: ReviewItem, workspace: Workspace, lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.publish("kept", [scrubbed], DIGEST)
    client, address = site(), f"/new/item/{scrubbed.key}"
    assert "Show the original" in client.get(address).text
    if lacking == "key":
        monkeypatch.delenv(KEY_VARIABLE)
    elif lacking == "right key":
        monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    elif lacking == "file":
        workspace.vault_file(DIGEST).unlink()
    else:
        queue.publish("again", [scrubbed])
    for visitor in (client, site()):
        pages = [visitor.get(address), visitor.submit(f"{address}/original")]
        assert [page.status_code for page in pages] == [200, 404]
        assert not any(word in page.text for page in pages for word in ("Show the original", *SECRETS))
    assert queue.looks(scrubbed.key) == ()


def test_an_original_is_never_that_of_another_row(
    site: Site, queue: ReviewQueue, scrubbed: ReviewItem, workspace: Workspace
) -> None:
    queue.publish("kept", [scrubbed], DIGEST)
    client, address = site(), f"/new/item/{scrubbed.key}"
    assert "John Smith" in client.submit(f"{address}/original").text
    other = next(
        Scrubber(PiiConfig(vault=True)).scrub_many([({"prompt": "I am Mary Jones, how do I pay?", "output": "1. So."}, "en")])
    )
    seal(workspace.vault_file(DIGEST), [("faq.csv", 3, other)])
    assert client.submit(f"{address}/original").status_code == 404
    queue.publish("moved", [scrubbed.model_copy(update={"row": 3})])
    assert "Show the original" not in client.get(f"{address}?run=kept").text, "the row is the later run's, which kept none"


def test_the_address_of_an_original_leads_a_visitor_to_the_record(site: Site, queue: ReviewQueue, scrubbed: ReviewItem) -> None:
    queue.publish("kept", [scrubbed, item(7, Kind.variant)], DIGEST)
    client, address = site(), f"/new/item/{scrubbed.key}"
    page = client.get(f"{address}/original")
    assert page.url.path == address and not any(secret in page.text for secret in SECRETS)
    assert client.submit(f"/variants/item/{item(7, Kind.variant).key}/original").status_code == 404
    assert queue.looks(scrubbed.key) == ()
    queue.decide(scrubbed.key, Verdict.approved, reviewer="Budi", version=0)
    assert "John Smith" in site("Budi").submit(f"{address}/original").text
    assert [look.reviewer for look in queue.looks(scrubbed.key)] == ["Budi"]
