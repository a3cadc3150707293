"""The steps before a dataset, each called as the function that it is: what they keep, and what they leave behind."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "models"))

from chat_server import ChatServer, Reply

from flows.prepare_dataset import prepare_dataset
from langkah.artifacts import ArtifactRef, Workspace, use_workspace
from langkah.config import IngestConfig, LlmConfig, PiiConfig, RunConfig, SourcesConfig, StructureConfig
from langkah.pii import ner_identity
from langkah.pii.sealed import KEY_VARIABLE, unseal
from langkah.procedure import AssessedRecord
from langkah.records import FaqRecord, FlaggedRecord, IndexedRow
from langkah.row_files import read_jsonl
from langkah.sources import SourceFile, describe_sources
from tasks.artifacts import payload
from tasks.drafting import DRAFTS, restructure
from tasks.row_index import INDEX
from tasks.scrubbing import FLAGGED, PII_AUDIT, RECORDS, audit, ingest, scrub
from tasks.structuring import ASSESSMENT, PAIRS, compare, procedural_scores, structure

SOURCES = SourcesConfig()
NER = ner_identity(PiiConfig())


@pytest.fixture
def workspace(tmp_path: Path):
    with use_workspace(Workspace.open(tmp_path / "ws")) as workspace:
        yield workspace


Source = tuple[ArtifactRef, tuple[SourceFile, ...]]


def indexed(*paths: Path) -> Source:
    files = describe_sources([str(path) for path in paths])
    return ingest.fn(files, IngestConfig(), SOURCES), files


def scrubbed(source: Source, config: PiiConfig = PiiConfig()) -> ArtifactRef:
    return scrub.fn(*source, config, NER, SOURCES)


def remembered(workspace: Workspace) -> int:
    with sqlite3.connect(workspace.root / "cache" / "scrub.sqlite") as connection:
        return connection.execute("SELECT count(*) FROM records").fetchone()[0]


def test_a_row_more_costs_a_row(workspace: Workspace, tmp_path: Path, examples: Path) -> None:
    lines = (examples / "shop-faq-en.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "faq.jsonl"
    path.write_text("".join(lines[:20]), encoding="utf-8")
    first = scrubbed(indexed(path))
    assert remembered(workspace) == 20
    path.write_text("".join(lines[:21]), encoding="utf-8")
    second = scrubbed(indexed(path))
    assert remembered(workspace) == 21
    one, other = (payload(ref, RECORDS).read_text(encoding="utf-8").splitlines() for ref in (first, second))
    assert other[:20] == one
    with use_workspace(Workspace.open(tmp_path / "other")):
        assert scrubbed(indexed(path)).digest == second.digest
    scrubbed(indexed(path), PiiConfig(glossary=("Parcel Point",)))
    assert remembered(workspace) == 42, "another setting is other work"


def test_the_vault_holds_the_originals_and_nothing_else_does(
    workspace: Workspace, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    source = indexed(examples / "shop-faq-en.jsonl")
    plain = scrubbed(source)
    assert not (workspace.root / "vault").exists()
    ref = scrubbed(source, PiiConfig(vault=True))
    assert ref.digest == plain.digest
    rows = list(unseal(workspace.vault_file(ref.digest)))
    values = {each["value"] for row in rows for each in row["originals"]}
    planted = json.loads((examples / "planted.json").read_text(encoding="utf-8"))
    mine = {each["value"] for each in planted if each["file"] == "shop-faq-en.jsonl"}
    assert len(mine) > 10
    assert mine <= values
    for path in workspace.root.rglob("*"):
        assert not path.is_file() or not any(value.encode() in path.read_bytes() for value in mine)


def test_the_audit_measures_what_would_be_missed(workspace: Workspace, examples: Path) -> None:
    ref = audit.fn(scrubbed(indexed(examples / "shop-faq-id.csv")), PiiConfig(audit_sample=60), NER)
    found = json.loads(payload(ref, PII_AUDIT).read_text())["languages"]
    planted, seen = (sum(each[name] for types in found.values() for each in types.values()) for name in ("planted", "found"))
    assert planted == 60
    assert seen >= 57


def test_near_duplicates_are_told_across_files_by_file_and_row(workspace: Workspace, tmp_path: Path) -> None:
    row = {"prompt": "How do I reset my password?", "output": "1. Open the menu.\n2. Choose Profile.\n3. Press Reset."}
    other = {"prompt": "How can I reset the password?", "output": "1. Call us.\n2. Say your name.\n3. Wait for the new one."}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "b.jsonl").write_text(json.dumps(other) + "\n")
    source = indexed(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    procedures = structure.fn(scrubbed(source), source[0], StructureConfig())
    text = payload(compare.fn(procedures, 0.8), PAIRS).read_text()
    assert [(pair["kind"], pair["first"], pair["second"]) for pair in json.loads(text)] == [
        ("conflicting", "a.jsonl:1", "b.jsonl:1")
    ]
    assert "password" not in text


def test_what_needs_a_person_is_flagged_with_its_scrubbed_text(workspace: Workspace, tmp_path: Path) -> None:
    rows = [
        {"prompt": "How do I pay?", "output": "1. Open the cart.\n2. Choose Pay.\n3. Enter your PIN."},
        {"prompt": "Are you open on Sunday, says Zebulon Quillfeather?", "output": "We value every customer of ours."},
        {"prompt": "How do I leave?", "output": "\n".join(f"{n}. Press key {n} on the panel." for n in range(1, 30))},
        {"prompt": "How do I log in?", "output": "1. Open the app.\n2. Enter the code."},
        {"prompt": "How do I log in?", "output": "1. Call us.\n2. Say the word."},
    ]
    (tmp_path / "faq.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = indexed(tmp_path / "faq.jsonl")
    procedures = structure.fn(scrubbed(source), source[0], StructureConfig())
    index = list(read_jsonl(payload(procedures, INDEX), IndexedRow))
    assert [row.status.value for row in index] == ["accepted", "flagged", "flagged", "flagged", "flagged"]
    flagged = list(read_jsonl(payload(procedures, FLAGGED), FlaggedRecord))
    assert [row.row for row in flagged] == [3, 4, 5, 2], "the most procedural are not first"
    assert "[NAME]" in flagged[3].prompt
    assert flagged[0].reasons == ("the answer has too many steps",)
    assert all("answer" in row.reasons[0] or "steps" in row.reasons[0] for row in flagged)
    assessed = list(read_jsonl(payload(procedures, ASSESSMENT), AssessedRecord))
    assert [row.row for row in assessed] == [1, 2, 3, 4, 5]
    assert [row.reasons for row in assessed] == [(), *(row.reasons for row in sorted(flagged, key=lambda row: row.row))]
    assert assessed[1].score < 0.4 <= assessed[0].score
    assert assessed[0].explanation.startswith("score 0.90: 100% of the parts open with an action")
    bins = procedural_scores(procedures).bins
    assert (sum(count for _, _, count in bins), sum(count for start, _, count in bins if start < 0.4)) == (5, 2)
    assert "Sunday" not in payload(procedures, ASSESSMENT).read_text()
    kept = payload(procedures, RECORDS).read_text()
    assert len(kept.splitlines()) == 1
    for path in workspace.root.rglob("*"):
        assert not path.is_file() or b"Quillfeather" not in path.read_bytes()


def test_prompts_that_scrubbing_makes_equal_train_with_one_answer_or_not_at_all(workspace: Workspace, tmp_path: Path) -> None:
    track, call = "1. Open Orders.\n2. Tap Track.", "1. Call the courier.\n2. Say the number."
    rows = [
        ("My order ORD-12345 is late, how do I track it?", track),
        ("My order ORD-99887 is late, how do I track it?", call),
        ("How do I reset my PIN?", "1. Open Security.\n2. Tap Reset."),
        ("How do I reset my PIN ??", "1. Visit a branch.\n2. Ask for a new PIN."),
        ("How do I cancel order ORD-12345?", track),
        ("How do I cancel order ORD-99887?", "First open Orders, then tap Track"),
        ("How do I pay?", "1. Open the cart.\n2. Choose Pay."),
        ("How do I pay", "Call us"),
    ]
    (tmp_path / "faq.jsonl").write_text("".join(json.dumps({"prompt": p, "output": o}) + "\n" for p, o in rows))
    source = indexed(tmp_path / "faq.jsonl")
    procedures = structure.fn(scrubbed(source), source[0], StructureConfig())
    index = list(read_jsonl(payload(procedures, INDEX), IndexedRow))
    clash = "same prompt once scrubbed, other answer: faq.jsonl row "
    assert [(row.status.value, row.reason) for row in index] == [
        ("flagged", f"{clash}2"),
        ("flagged", f"{clash}1"),
        ("flagged", f"{clash}4"),
        ("flagged", f"{clash}3"),
        ("accepted", None),
        ("duplicate", "same as faq.jsonl row 5"),
        ("flagged", f"{clash}8"),
        ("flagged", "no numbered steps"),
    ]
    assert [row.row for row in read_jsonl(payload(procedures, RECORDS), FaqRecord)] == [5]
    counts = workspace.store.manifest(procedures).provenance.counts
    assert {name: counts[name] for name in ("accepted", "duplicate", "flagged")} == {
        "accepted": 1,
        "duplicate": 1,
        "flagged": 6,
    }


def test_a_raw_answer_gets_a_draft_once_and_the_endpoint_sees_scrubbed_text_only(workspace: Workspace, tmp_path: Path) -> None:
    raw = "hi, Zebulon Quillfeather here: take the card out for a minute, put it back and hold the green key. works for me!"
    row = {"prompt": "My terminal does not print", "output": raw}
    fine = {"prompt": "How do I print?", "output": "1. Open the menu.\n2. Press Print."}
    (tmp_path / "forum.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(fine)}\n", encoding="utf-8")
    source = indexed(tmp_path / "forum.jsonl")
    procedures = structure.fn(scrubbed(source), source[0], StructureConfig())
    good = "1. Take the card out for a minute.\n2. Put the card back.\n3. Hold the green key."
    with ChatServer(lambda request, number: Reply(good)) as server:
        config = LlmConfig(base_url=server.url, model="tiny")
        first = restructure.fn(procedures, config)
        asked = len(server.requests)
        assert restructure.fn(procedures, config) == first
    assert len(server.requests) == asked == 1
    draft = json.loads(payload(first, DRAFTS).read_text(encoding="utf-8"))
    assert (draft["file"], draft["row"], draft["output"], draft["problems"]) == ("forum.jsonl", 1, good, [])
    assert "Quillfeather" not in json.dumps(server.requests)
    assert "terminal" not in payload(procedures, RECORDS).read_text(), "a raw answer went on"


def test_originals_that_were_removed_come_back_although_all_else_is_cached(
    tmp_path: Path, examples: Path, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    own = config.model_copy(update={"pii": PiiConfig(vault=True)})
    with use_workspace(Workspace.open(tmp_path / "ws")) as workspace:
        first = prepare_dataset([str(examples / "shop-faq-id.csv")], own)
        vault = workspace.vault_file(first.records.digest)
        vault.unlink()
        again = prepare_dataset([str(examples / "shop-faq-id.csv")], own)
        assert again.dataset == first.dataset
        assert list(unseal(vault))
        monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
        prepare_dataset([str(examples / "shop-faq-id.csv")], own)
        assert list(unseal(vault)), "the originals are under the new key"
