"""Planted values are searched for, byte for byte, wherever a run may have left them: every kind of source, forms that hide."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from chat_server import ChatServer, Reply
from command_line import command, settings

STEPS = "1. Open the app.\n2. Tap Account.\n3. Tap Save."
CELLS = [
    # What a later step would make of the text is what may not come back: entities, tags, escapes, tabs.
    ("How do I change the address zquillon&#64;gmail.com?", STEPS, ["zquillon"]),
    ("Call me on 08<b>77</b>-3456-9012. How do I pay by bank?", STEPS, ["3456-9012", "0877-3456"]),
    ("How do I write to <b>o.vexley</b>@toko.co.id about it?", STEPS, ["vexley"]),
    ("How do I pay with card 4532\t1488\t0343\t6467?", STEPS, ["0343\t6467", "0343 6467", "03436467"]),
    ("How do I tell the shop that tresk\\_wilder@gmail.com is mine?", STEPS, ["wilder"]),
    ("How do I follow my parcel to Bertrand Osgoodly?", f"{STEPS}\n4. Ask Mrs. Philomena Ottershaw.", ["Osgoodly"]),
    ("Cara ubah HP 0812&nbsp;7744&nbsp;9031?", "1. Buka aplikasi.\n2. Ketuk Simpan.", ["7744&nbsp;9031", "7744 9031"]),
    ("How do I close my account, NIK 3174096112850003?", "Just ask Pak Wiryohadinata for it.", ["6112850003", "Wiryohad"]),
    ("Quentin Marlborough-Fitch writes:", "", ["Marlborough"]),
]  # fmt: skip


def sources(folder: Path) -> tuple[list[object], dict[str, Any], set[str]]:
    """A file of each kind and a database, each with rows of its own; the settings of the database; all that is planted."""
    needles = {needle for *_, parts in CELLS for needle in parts}
    rows = [{"question": f"{prompt}", "answer": answer} for prompt, answer, _ in CELLS]
    (folder / "faq.csv").write_text("question,answer\n" + "".join(f'"{row["question"]}","{row["answer"]}"\n' for row in rows))
    book = openpyxl.Workbook()
    for row in [["question", "answer"], *([f"In a sheet: {row['question']}", row["answer"]] for row in rows)]:
        book.active.append(row)
    book.save(folder / "faq.xlsx")
    columns = {"question": [f"In a table: {row['question']}" for row in rows], "answer": [row["answer"] for row in rows]}
    pq.write_table(pa.table(columns), folder / "faq.parquet")
    items = "".join(
        f"<h2>{prompt} (page)</h2><ol><li>Open the app.</li><li>Tap {n}.</li></ol>" for n, (prompt, *_) in enumerate(CELLS)
    )
    (folder / "help.html").write_text(f"<html><body><h1>Help</h1>{items}</body></html>")
    with sqlite3.connect(folder / "faq.db") as connection:
        connection.execute("CREATE TABLE faq (question TEXT, answer TEXT)")
        connection.executemany(
            "INSERT INTO faq VALUES (?, ?)", [(f"In a row: {row['question']}", row["answer"]) for row in rows]
        )
    query = {"url": f"sqlite:///{folder / 'faq.db'}", "query": "SELECT question, answer FROM faq"}
    names = ["faq.csv", "faq.xlsx", "faq.parquet", "help.html"]
    return [*(folder / name for name in names), "sql:shop"], query, needles


def haystacks(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def found(places: dict[str, bytes], needles: set[str]) -> list[tuple[str, str]]:
    folded = {place: content.lower() for place, content in places.items()}
    return [(place, needle) for place, content in folded.items() for needle in needles if needle.lower().encode() in content]


def test_nothing_planted_is_left_by_any_kind_of_source_nor_sent_to_a_model(tmp_path: Path, tiny_model: Path) -> None:
    data, query, needles = sources(tmp_path)
    assert found({"sources": (tmp_path / "faq.csv").read_bytes()}, needles), "the needles are not in the sources as they are"

    def drafted(request: dict[str, Any], number: int) -> Reply:
        if "<text-" in request["messages"][-1]["content"]:
            return Reply(text=json.dumps({"questions": ["What do I do to open the app?", "Where do I tap?"]}))
        return Reply(text=json.dumps({"steps": ["Open the app.", "Tap Save."]}))

    with ChatServer(drafted) as server:
        options = {
            "structure.restructure": "llm",
            "paraphrase.backend": "openai",
            "paraphrase.meaning": "words",
            "llm.base_url": server.url,
            "llm.model": "local",
            "sources.databases": json.dumps({"shop": query}),
        }
        arguments = [part for each in data for part in ("--data", each)]
        workspace = tmp_path / "ws"
        done = command(
            "prepare", *arguments, "--workspace", workspace, "--json", tmp_path / "p.json", *settings(tiny_model, **options)
        )
        assert done.returncode == 0, done.stderr
        asked = [request["messages"][-1]["content"] for request in server.requests]
        assert any("<text-" in text for text in asked), "no paraphrase was asked for"
        assert any("<text-" not in text for text in asked), "no draft was asked for"
        places = haystacks(workspace) | {
            "terminal": (done.stdout + done.stderr).encode(),
            "model": json.dumps(server.requests, ensure_ascii=False).encode(),
        }
    summary = json.loads((tmp_path / "p.json").read_text())["dataset"]
    assert summary["rows_in"] == 5 * len(CELLS)
    assert summary["rows_kept"] >= 30
    assert summary["rows_rejected"] >= 4
    assert found(places, needles) == []
