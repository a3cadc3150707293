"""The command line as a person types it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import ROOT, command, environment, settings
from prefect.settings import PREFECT_API_URL

from flows.cli import run_command

GOOD_ROW = '{"prompt": "How do I dim the lamp?", "output": "1. Press the button.\\n2. Turn the knob."}\n'

GUARD = """
import os, socket
_connect, _lookup = socket.socket.connect, socket.getaddrinfo
def _local(host):
    return host in (None, "", "localhost", "::1", b"localhost") or str(host).startswith("127.")
def _note(host):
    with open(os.environ["NETWORK_LOG"], "a") as log:
        log.write(f"{host}\\n")
    raise OSError("no network in this test")
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _local(address[0]):
        _note(address[0])
    return _connect(self, address)
def getaddrinfo(host, *args, **kwargs):
    if not _local(host):
        _note(host)
    return _lookup(host, *args, **kwargs)
socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo
"""


def stat_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def processes(word: str) -> set[int]:
    return {int(path.name) for path in Path("/proc").glob("[0-9]*") if word in stat_of(int(path.name))}


# --- bad input: exit 2, a line each, no traceback, no text of the record ----------------------------------------------

BAD_FILES = {
    "missing.csv": None,
    "empty.jsonl": b"",
    "blank.jsonl": b"\n  \n",
    "bad.json": b'[{"prompt": "Secret question"',
    "no_output.csv": b"prompt,reply\nSecret question,1. a\n",
    "no_row.csv": b"prompt,output\n",
    "binary.csv": bytes(range(256)),
    "faq.docx": b"PK",
    "only_bad.jsonl": b'{"prompt": "", "output": "1. Secret"}\n{"prompt": "Secret?"}\nSecret\n',
    "prose.jsonl": b'{"prompt": "Secret?", "output": "Secret answer without steps."}\n',
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_without_a_usable_row_is_named(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    if (content := BAD_FILES[name]) is not None:
        path.write_bytes(content)
    done = command("prepare", "--data", path, "--workspace", tmp_path / "ws")
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("langkah: ")
    assert name in lines[0]
    assert "Traceback" not in done.stderr + done.stdout
    assert "Secret" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--data", "."], "folder"),
        (["run", "--set", "train.lora_r=0"], "train.lora_r"),
        (["run", "--set", "train.epochs=1"], "did you mean train.num_train_epochs?"),
        (["run", "--config", "nothing.yaml"], "nothing.yaml: no such config file"),
        (["run", "--json", "/dev/null"], "--json /dev/null: expected a plain file"),
        (["score", "examples/predictions.jsonl", "--json", "/dev/null"], "--json"),
        (["run", "--colour"], "--colour"),
        (["walk"], "walk"),
        (["scrub", "nothing.csv", "--out", "x.jsonl"], "nothing.csv"),
        (["scrub", "examples/shop-faq-en.jsonl"], "--out"),
        (["score", "nothing.jsonl"], "nothing.jsonl"),
        (["score", "examples/predictions.jsonl", "--set", "evaluate.phrase_table=no.tsv"], "evaluate.phrase_table: no.tsv"),
        (["score", "examples/predictions.jsonl", "--diff", "9"], "--diff 9: expected the number of an answer, 1 to 8"),
        (["score", "examples/predictions.jsonl", "--set", "evaluate.phrases=no.tsv"], "evaluate.phrases"),
        (["run", "--set", "evaluate.phrase_table=examples"], "evaluate.phrase_table: examples: expected a file"),
        (["score", "examples"], "folder"),
        (["promote", "--workspace", "nowhere"], "--workspace nowhere: no such folder"),
        (["promote", "--workspace", "examples"], "no run that judged a model is in"),
        (["promote", "f00d", "--workspace", "examples"], "promote: f00d: no such run, and no adapter"),
        (["report", "--workspace", "nowhere"], "--workspace nowhere: no such folder"),
        (["report", "--workspace", "examples"], "no run is in"),
        (["report", "f00d", "--workspace", "examples"], "RUN f00d: expected the id of a run, its beginning, or scores/..."),
        (["report", "--out", "no/such/page.html"], "--out no/such/page.html: expected a plain file in a folder that exists"),
        (["report", "--out", "x", "--json", "x"], "--json x: is the file of --out; expected another one"),
        (["roll-back", "--workspace", "nowhere"], "--workspace nowhere: no such folder"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert run_command(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1
    assert message in error


def test_all_problems_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["run", "--data", str(tmp_path / "a.csv"), "--data", str(tmp_path / "b.csv"), "--set", "x.y=1"]
    assert run_command(arguments) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 3


@pytest.mark.parametrize("command_name", ["", "run", "prepare", "report", "scrub", "score", "models", "doctor"])
def test_help_is_there_and_exit_0(command_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*([command_name] if command_name else []), "--help"]) == 0
    assert "Usage: langkah" in capsys.readouterr().out


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (shutil.rmtree, "no such folder, GGUF file, hub id (owner/name) or catalogue name"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer (tokenizer.json)"),
        (lambda folder: (folder / "chat_template.jinja").unlink(), "choose an instruct model"),
        (_pickled, "save it as safetensors first"),
        (lambda folder: os.truncate(folder / "model.safetensors", 4000), "copy or download the model again"),
    ],
    ids=["gone", "no tokenizer", "no chat template", "pickled", "cut off"],
)
@pytest.mark.parametrize("verb", ["run", "prepare"])
def test_a_base_model_that_cannot_be_used_is_one_line_before_any_work(
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[Path], Any],
    message: str,
    verb: str,
) -> None:
    shutil.copytree(tiny_model, tmp_path / "base")
    harm(tmp_path / "base")
    workspace = tmp_path / "ws"
    assert run_command([verb, "--set", f"train.base_model={tmp_path / 'base'}", "--workspace", str(workspace)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"langkah: train.base_model: {tmp_path / 'base'}") or "base: its tokenizer" in line
    assert message in line
    assert not workspace.exists()


def test_a_template_that_drops_the_answer_ends_a_run_in_one_line(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "base")
    template = "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}"
    (tmp_path / "base" / "chat_template.jinja").write_text(template)
    path = tmp_path / "faq.jsonl"
    path.write_text(GOOD_ROW)
    done = command("run", "--data", path, "--workspace", tmp_path / "ws", *settings(tmp_path / "base"))
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(
        "langkah: train.base_model: its chat template drops the assistant's answer; choose an instruct model"
    )
    assert "Traceback" not in done.stdout


# --- models ----------------------------------------------------------------------------------------------------------


def test_models_recommends_qwen3_8b_for_24_gb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["models", "--vram", "24", "--json"]) == 0
    advice = json.loads(capsys.readouterr().out)
    found = advice["recommended"]
    assert (found["name"], found["ifeval"], found["guide"]) == ("qwen3-8b", 83.0, {"qlora_gb": 6.0, "lora_gb": 22.0})
    assert [row["parameters"] for row in advice["guide"]["rows"]][:3] == [3, 7, 8]
    assert run_command(["models", "--vram", "8", "--seq", "1024"]) == 0
    shown = capsys.readouterr().out
    assert "Recommended: qwen3-4b (Qwen/Qwen3-4B): best IFEval score (81.2)" in shown
    assert "--set train.base_model=qwen3-4b" in shown
    for model in advice["models"]:
        (line,) = [line for line in shown.splitlines() if line.startswith(f"{model['name']} ")]
        assert f"{model['ifeval']:.1f}" in line
        assert model["licence"] in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vram", "0"], "--vram: expected GB above 0"),
        (["--vram", "nan"], "--vram: expected GB above 0"),
        (["--vram", "much"], "'much' is not a valid float"),
        (["--seq", "1"], "'--seq'"),
        (["--catalogue", "no/such.yaml"], "no/such.yaml: no such catalogue"),
        (["--set", "train.lora_r=0"], "train.lora_r"),
    ],
)
def test_bad_options_of_models_are_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["models", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1
    assert message in error


# --- scrub and score -------------------------------------------------------------------------------------------------


def test_scrub_keeps_rows_order_and_other_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out, report = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "report.json"
    rows = [
        {"id": 7, "question": "My name is Agatha Pemberlow. How do I pay?", "answer": "1. Pay.", "note": "mail a@b.example"},
        {"id": "x", "question": "", "answer": "1. Write to agatha.pemberlow@example.org.", "tags": ["a"]},
        {"id": None, "question": "Bagaimana cara bayar? Hubungi 0812-3456-7890.", "answer": "1. Bayar.", "language": "id"},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows) + "not json\n")
    assert run_command(["scrub", str(source), "--out", str(out), "--report", str(report)]) == 0
    scrubbed = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(scrubbed) == 4
    assert [row.get("id") for row in scrubbed[:3]] == [7, "x", None]
    assert scrubbed[0] == {**rows[0], "question": "My name is [NAME]. How do I pay?"}
    assert scrubbed[1] == {**rows[1], "answer": "1. Write to [EMAIL]."}
    assert scrubbed[2] == {**rows[2], "question": "Bagaimana cara bayar? Hubungi [PHONE]."}
    assert scrubbed[3]["row"] == 4
    warning = capsys.readouterr().err
    assert "not scrubbed: " in warning
    assert "note" in warning
    assert "agatha" not in (report.read_text() + warning).lower()
    assert json.loads(report.read_text())["rows"] == 4
    assert run_command(["scrub", str(source), "--out", str(out), "--field", "note"]) == 0
    assert json.loads(out.read_text().splitlines()[0])["note"] == "mail [EMAIL]"


def test_scrub_never_overwrites_its_input(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(GOOD_ROW)
    assert run_command(["scrub", str(source), "--out", str(source)]) == 2
    assert source.read_text() == GOOD_ROW


def test_score_prints_and_writes_what_rouge_score_says(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    file = examples / "predictions.jsonl"
    assert run_command(["score", str(file), "--json", str(tmp_path / "s.json")]) == 0
    found = json.loads((tmp_path / "s.json").read_text())
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    scorer = RougeScorer(["rougeL"])
    expected = [scorer.score(row["reference"], row["prediction"])["rougeL"].fmeasure for row in rows]
    assert found["n"] == len(rows)
    assert found["rouge_l"] == pytest.approx(sum(expected) / len(rows), abs=1e-9)
    shown = capsys.readouterr().out
    assert "ROUGE-L" in shown
    assert f"step recall     {found['by_language']['en']['step_recall']:.4f}" in shown
    assert f"METEOR for en: {found['meteor_kinds']['en']}" in shown


def test_score_shows_which_step_went_wrong(examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["score", str(examples / "predictions.jsonl"), "--diff", "2"]) == 0
    shown = capsys.readouterr().out
    assert "- missing   6. Tap Save, then sign in with the new password." in shown
    assert shown.count("> moved") == 2


def test_score_takes_a_phrase_table_and_names_it(examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, written = tmp_path / "p.tsv", tmp_path / "s.json"
    table.write_text("tap\tpress on\n", encoding="utf-8")
    file = str(examples / "predictions.jsonl")
    assert run_command(["score", file, "--json", str(written), "--set", f"evaluate.phrase_table={table}"]) == 0
    assert "paraphrases by p.tsv, sha256 " in json.loads(written.read_text())["meteor_kinds"]["en"]
    assert "paraphrases by p.tsv" in capsys.readouterr().out
    assert run_command(["score", file, "--json", str(table), "--set", f"evaluate.phrase_table={table}"]) == 2
    assert table.read_text() == "tap\tpress on\n"


# --- whole runs ------------------------------------------------------------------------------------------------------


def test_doctor_finds_this_machine_well() -> None:
    done = command("doctor")
    assert done.returncode == 0, done.stdout
    assert "missing" not in done.stdout


def test_prepare_and_score_need_no_network(tmp_path: Path, examples: Path) -> None:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    log = tmp_path / "network.log"
    env = {"PYTHONPATH": str(tmp_path / "guard"), "NETWORK_LOG": str(log), "HF_HUB_OFFLINE": "0"}
    probe = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9), 1)"],
        env=environment(env), capture_output=True, check=False,
    )  # fmt: skip
    assert probe.returncode
    assert log.read_text() == "192.0.2.1\n", "the guard does not guard"
    log.unlink()
    done = command(
        "prepare",
        "--data",
        examples / "shop-faq-id.csv",
        "--workspace",
        tmp_path / "ws",
        "--json",
        tmp_path / "p.json",
        env=env,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "p.json").read_text())["dataset"]["rows_kept"] == 24
    done = command("score", examples / "predictions.jsonl", env=env)
    assert done.returncode == 0, done.stderr
    assert not log.exists(), log.read_text()


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, examples: Path) -> tuple[Path, str, dict[str, Any]]:
    """A run over all sample files, planted personal data and broken rows included."""
    folder = tmp_path_factory.mktemp("canary") / "a [/red] name"
    folder.mkdir(parents=True)
    files = ["shop-faq-en.jsonl", "shop-faq-id.csv", "shop-faq-broken.jsonl"]
    data = [part for name in files for part in ("--data", examples / name)]
    arguments = ["run", *data, "--workspace", folder / "ws", "--json", folder / "run.json", *settings(tiny_model)]
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    return folder / "ws", done.stdout + done.stderr, json.loads((folder / "run.json").read_text())


def test_nothing_planted_is_found_anywhere_after_a_whole_run(
    whole_run: tuple[Path, str, dict[str, Any]], examples: Path
) -> None:
    workspace, output, summary = whole_run
    planted = json.loads((examples / "planted.json").read_text(encoding="utf-8"))
    entries = planted if isinstance(planted, list) else planted["planted"]
    needles = {text for entry in entries for text in (entry["value"], *entry.get("parts", ()))}
    assert len(needles) > 30
    assert summary["dataset"]["rows_rejected"] > 5
    files = [path for path in workspace.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files), "Prefect's database is not in the workspace"
    assert any("results" in path.parts for path in files), "Prefect's results are not in the workspace"
    haystacks = {str(path): path.read_bytes() for path in files} | {"terminal": output.encode()}
    found = [
        (place, needle)
        for place, content in haystacks.items()
        for needle in needles
        if needle.encode() in content or needle.lower().encode() in content.lower()
    ]
    assert found == []


def test_what_a_person_sees(whole_run: tuple[Path, str, dict[str, Any]]) -> None:
    _, output, summary = whole_run
    for word in ("ingest", "train", "Completed", "base", "tuned", "human reference", "Gate:", summary["report"]):
        assert word in output
    assert "Traceback" not in output
    assert summary["run_id"]
    assert Path(summary["report"]).is_file()


def test_the_same_command_again_is_cached_in_another_process(
    whole_run: tuple[Path, str, dict[str, Any]], tiny_model: Path, examples: Path
) -> None:
    workspace, _, summary = whole_run
    files = ["shop-faq-en.jsonl", "shop-faq-id.csv", "shop-faq-broken.jsonl"]
    data = [part for name in files for part in ("--data", examples / name)]
    done = command("run", *data, "--workspace", workspace, "--json", workspace / "again.json", *settings(tiny_model))
    assert done.returncode == 0, done.stderr
    again = json.loads((workspace / "again.json").read_text())
    assert {step["state"] for step in again["steps"]} == {"Cached", "Skipped"}
    assert again["run_id"] != summary["run_id"]
    assert again["adapter"] == summary["adapter"]


def test_report_shows_a_run_and_compares_runs(
    whole_run: tuple[Path, str, dict[str, Any]],
    tiny_model: Path,
    examples: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace, said, summary = whole_run
    first = summary["run_id"]
    monkeypatch.setenv("COLUMNS", "200")

    def report(*arguments: object) -> tuple[int, str, str]:
        code = run_command(["report", *map(str, arguments), "--workspace", str(workspace)])
        told = capsys.readouterr()
        return code, told.out, told.err

    code, out, err = report(first[:6], "--json", tmp_path / "one.json", "--out", tmp_path / "page.html")
    assert (code, err) == (0, "")
    assert said[said.index("\nDataset ") : said.index("\nReport: ")] in out
    assert f"Report: {summary['report']}" in out
    assert json.loads((tmp_path / "one.json").read_text()) == summary
    assert (tmp_path / "page.html").read_bytes() == Path(summary["report"]).read_bytes()

    other = ["--workspace", workspace, "--json", tmp_path / "run.json", *settings(tiny_model, **{"ingest.max_intents": 12})]
    assert command("run", "--data", examples / "shop-faq-en.jsonl", *other).returncode == 0
    second = json.loads((tmp_path / "run.json").read_text())["run_id"]
    code, out, err = report(first, second, "--json", tmp_path / "both.json")
    assert (code, err) == (0, "")
    page = workspace / "comparisons" / f"{first}-{second}.html"
    assert f"Comparison: {page}" in out and second in page.read_text(encoding="utf-8")
    figures = json.loads((tmp_path / "both.json").read_text())
    (pair,) = figures["comparisons"]
    assert pair["shared"] == sum(pair["compared"].values()) + sum(pair["left_out"].values()) > 0
    assert figures["settings"]["ingest.max_intents"] == {first: None, second: 12}
    assert figures["runs"][0]["metrics"] == summary["metrics"]["tuned"]

    code, _, err = report(first, first[:8], "nothing")
    assert code == 2 and len(err.strip().splitlines()) == 2
    assert f"{first} is named twice" in err and "RUN nothing: expected the id" in err
    scores = workspace / "artifacts" / "scores" / figures["runs"][1]["scores"] / "scores.json"
    scores.write_text(scores.read_text() + " ")
    code, _, err = report(first, second)
    assert code == 1 and err.strip().endswith("scores.json is damaged")


def test_a_running_server_is_used_where_one_is_named(tmp_path: Path, examples: Path) -> None:
    url = PREFECT_API_URL.value()
    arguments = ["prepare", "--data", examples / "shop-faq-id.csv", "--workspace", tmp_path / "ws"]
    done = command(*arguments, env={"PREFECT_API_URL": url})
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ws" / "logs").exists(), "a server of the run's own was started"
    for wrong, code in (("http://127.0.0.1:9/api", 1), ("nonsense", 2)):
        refused = command(*arguments, env={"PREFECT_API_URL": wrong})
        assert (refused.returncode, "PREFECT_API_URL" in refused.stderr) == (code, True)
        assert len(refused.stderr.strip().splitlines()) == 1
    assert list((tmp_path / "ws" / "prefect" / "results").iterdir())


def test_a_failed_run_says_how_far_it_came(tmp_path: Path, tiny_model: Path, examples: Path) -> None:
    (tmp_path / "run.json").write_text('{"gate": {"passed": true}}')
    more = {"train.timeout_minutes": 0.001, "train.num_train_epochs": 50, "ingest.max_intents": 12}
    arguments = ["run", "--data", examples / "shop-faq-en.jsonl", "--workspace", tmp_path / "ws"]
    done = command(*arguments, "--json", tmp_path / "run.json", *settings(tiny_model, **more))
    assert done.returncode == 1
    assert "train.timeout_minutes" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    summary = json.loads((tmp_path / "run.json").read_text())
    assert [step["state"] for step in summary["steps"] if step["name"] == "train"] == ["Failed"]
    assert "gate" not in summary


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.base_model=/nope", "train.base_model"),
        ("train.backend=unsloth", "train.backend"),
        ("pii.entities=[FOO]", "pii.entities"),
        ("structure={restructure: llm}", "llm.api_key_env: expected the API key of https://llm.example/v1"),
        ("llm.model=''", "llm.model"),
    ],
)
def test_settings_are_checked_before_anything_starts(setting: str, message: str, tmp_path: Path) -> None:
    endpoint = ["--set", "llm.base_url=https://llm.example/v1", "--set", "llm.api_key_env=LANGKAH_LLM_NOT_SET"]
    done = command("run", *endpoint, "--set", setting, "--workspace", tmp_path / "ws")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize(
    "how", [pytest.param(signal.SIGKILL, marks=pytest.mark.soak), signal.SIGTERM], ids=lambda how: how.name
)
def test_a_stopped_run_leaves_nothing_behind_and_goes_on(
    how: signal.Signals, tmp_path: Path, tiny_model: Path, examples: Path
) -> None:
    more = {"train.num_train_epochs": 10, "ingest.max_intents": 12}
    arguments = ["run", "--data", examples / "shop-faq-en.jsonl", "--workspace", tmp_path / "ws", "--json", tmp_path / "r.json"]
    arguments += settings(tiny_model, **more)
    run = subprocess.Popen([sys.executable, "-m", "flows.cli", *map(str, arguments)], cwd=ROOT, env=environment(),
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("ws/work/*/checkpoints/checkpoint-*/trainer_state.json")):
        assert time.monotonic() < deadline, "no checkpoint was written"
        assert run.poll() is None, "the run ended before it could be stopped"
        time.sleep(0.05)
    run.send_signal(how)
    _, told = run.communicate(timeout=60)
    deadline = time.monotonic() + 15
    while (left := processes(str(tmp_path)) | processes(f"flows.server\0{run.pid}")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == set()
    if how == signal.SIGTERM:
        assert (run.returncode, len(told.strip().splitlines()), "run again to go on" in told) == (1, 1, True)
        steps = json.loads((tmp_path / "r.json").read_text())["steps"]
        assert [step["name"] for step in steps if step["state"] == "Failed"] == ["train"]
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "r.json").read_text())
    manifest = json.loads((Path(summary["adapter"]["path"]) / "manifest.json").read_text())
    assert manifest["provenance"]["notes"]["resumed_from"] > 0
    states = {step["name"]: step["state"] for step in summary["steps"]}
    assert (states["assemble"], states["train"]) == ("Cached", "Completed")
