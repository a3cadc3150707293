"""QLoRA training on a GPU against transformers, PEFT and bitsandbytes used plainly, in one run: how many tokens in a second.

python benchmarks/train_gpu.py [--model ID_OR_FOLDER] [--tokens 2048 4096] [--batch 2 8] [--json FILE]

Qwen3-8B, or its shape with random weights where none is named: speed and memory do not depend on the values. Plain: NF4,
SDPA, bf16, gradient checkpointing, the Trainer of transformers with its own loss. All get the same examples, eight a step of
the optimizer: the plain way in batches of the first size that is named, ours in each. Some ten minutes on an H100; exit 2
without a GPU. `--smoke` runs all of it on a CPU with a tiny model.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_model import QWEN3_8B, TINY, write_random_model
from langkah.models.memory import GB

DENSE_BF16 = {
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "RTX 4090": 165e12,
    "L4": 121e12,
    "RTX 3090": 71e12,
}
"""Peak FLOP/s in bf16 with fp32 sums, without sparsity, from the makers' data sheets; the first name that fits counts."""
STEP_SIZE, STEPS, WARM_UP = 8, 10, 2
"""Examples a step of the optimizer; steps, and how many of them are not counted."""
MINUTES = 9
"""No other measurement starts after it."""


def main() -> int:
    options = _options()
    if options.worker:
        _measure(json.loads(options.worker))
        return 0
    import torch

    if not options.smoke and not torch.cuda.is_available():
        print("benchmarks/train_gpu.py: there is no CUDA device here; `--smoke` runs it on a CPU with a tiny model")
        return 2
    started = time.monotonic()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = options.model or _random_model(folder, options.smoke)
        for case in _cases(options.tokens, options.batch, smoke=options.smoke):
            if time.monotonic() - started > 60 * MINUTES:
                rows.append({**case, "error": f"not begun: {MINUTES} minutes were over"})
                continue
            rows.append({**case, **_run(case, model, folder)})
            print(_line(rows[-1]), flush=True)
    shape = "a tiny Qwen3" if options.smoke else "Qwen3-8B's shape"
    summary = _summary(rows, options.model or f"{shape}, random weights", smoke=options.smoke)
    print(_table(summary))
    print(json.dumps(summary))
    if options.json:
        options.json.write_text(json.dumps(summary, indent=1))
    return 1 if any("error" in row for row in rows if row["way"] in ("plain", "trl")) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a hub id or a folder; random weights otherwise")
    parser.add_argument("--tokens", type=int, nargs="+", default=[2048, 4096], help="lengths of examples")
    parser.add_argument("--batch", type=int, nargs="+", default=[2, 8], help="examples at once: divisors of eight")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--smoke", action="store_true", help="a tiny model on the CPU")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


def _random_model(folder: Path, smoke: bool) -> str:
    target = folder / "model"
    target.mkdir()
    start = time.monotonic()
    write_random_model(target, TINY if smoke else QWEN3_8B, "cpu" if smoke else "cuda")
    print(f"random weights written in {time.monotonic() - start:.0f} s", flush=True)
    return str(target)


def _cases(lengths: list[int], batches: list[int], *, smoke: bool) -> list[dict[str, Any]]:
    """What is measured, what matters most first."""
    from importlib.util import find_spec

    ours = ["trl", *(["unsloth"] if find_spec("unsloth") and not smoke else [])]
    short, *longer = [96] if smoke else lengths
    ways = [("plain", batches[0]), *((way, batch) for way in ours for batch in batches)]
    return [
        *({"way": way, "tokens": short, "batch": batch, "memory_gb": None} for way, batch in ways),
        {"way": ours[-1], "tokens": short, "batch": batches[-1], "memory_gb": 24},
        *({"way": way, "tokens": tokens, "batch": batch, "memory_gb": None} for tokens in longer for way, batch in ways),
    ]


def _run(case: dict[str, Any], model: str, folder: Path) -> dict[str, Any]:
    """Measure in a process of its own: Unsloth changes the packages, and memory starts from nothing."""
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    task = {**case, "model": model, "folder": str(folder), "result": str(result)}
    log = folder / "log.txt"
    with log.open("w") as output:
        subprocess.run([sys.executable, __file__, "--worker", json.dumps(task)], stdout=output, stderr=output)
    if result.exists():
        return json.loads(result.read_text())
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return {"error": lines[-1][:200] if lines else "it ended without a word"}


def _measure(task: dict[str, Any]) -> None:
    """Train for some steps, and write speed and memory."""
    import torch

    cuda = torch.cuda.is_available()
    if cuda and task["memory_gb"]:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, task["memory_gb"] * GB / total))
    points, parameters = (_plain if task["way"] == "plain" else _ours)(task)
    steady = [point for point in points if point[0] >= WARM_UP]
    (_, first_tokens, start), (_, last_tokens, end) = steady[0], steady[-1]
    peak = torch.cuda.max_memory_allocated() / GB if cuda else None
    name = torch.cuda.get_device_name() if cuda else "CPU"
    figures = {
        "tokens_per_second": round((last_tokens - first_tokens) / (end - start), 1),
        "steps": len(steady) - 1,
        "peak_memory_gb": round(peak, 2) if peak else None,
        "device": name,
        "parameters": parameters,
    }
    Path(task["result"]).write_text(json.dumps(figures))


def _recipe(task: dict[str, Any]) -> Any:
    """The recipe of both ways: the guide's, nothing watched."""
    from langkah.config import TrainConfig
    from langkah.models import resolve_model
    from langkah.training import resolve_recipe

    config = TrainConfig(
        backend="trl" if task["way"] == "plain" else task["way"],
        load_in_4bit=True,
        num_train_epochs=1,
        per_device_batch_size=task["batch"],
        gradient_accumulation_steps=STEP_SIZE // task["batch"],
        devices=1,
        validation=0,
        validation_intents=0,
        evaluations_per_epoch=1,
    )
    return resolve_recipe(config, resolve_model(task["model"]), dataset="0" * 64, max_length=task["tokens"])


def _examples(encoder: Any, tokens: int) -> list[Any]:
    """Examples that fill their length but for a line."""
    from langkah.records import ChatExample

    def example(number: int, lines: int) -> ChatExample:
        steps = "\n".join(f"{step}. Press the button with the number {step * 7 % 89}." for step in range(1, lines + 1))
        return ChatExample(intent=str(number), prompt=f"How do I set up device {number}?", completion=steps, original=True)

    line = (len(encoder.encode(example(0, 40))) - len(encoder.encode(example(0, 20)))) / 20
    lines = math.floor((tokens - len(encoder.encode(example(0, 0 + 1)))) / line)
    while len(encoder.encode(example(10, lines))) > tokens:
        lines -= 1
    return [example(10 + number, lines) for number in range(STEPS * STEP_SIZE)]


def _ours(task: dict[str, Any]) -> tuple[list[tuple[int, float, float]], int]:
    """Train as the pipeline does; step, tokens and seconds at each step."""
    from langkah.chat import ChatEncoder
    from langkah.models.loading import load_tokenizer
    from langkah.row_files import write_jsonl
    from langkah.training import session
    from langkah.training.backends import BACKENDS
    from langkah.training.progress import Progress

    recipe = _recipe(task)
    work = Path(tempfile.mkdtemp(dir=task["folder"]))
    BACKENDS[recipe.backend]().prepare(work)
    write_jsonl(work / "chat.jsonl", _examples(ChatEncoder(load_tokenizer(recipe.base_model)), task["tokens"]))
    progress = work / "progress.jsonl"
    with mock.patch.object(session, "_CHECKPOINTS", 1):  # of a real run's steps, one in dozens writes a checkpoint
        session.run_session(recipe, work / "chat.jsonl", work, adapter=work / "adapter", progress=progress)
    seen = [Progress.model_validate_json(line) for line in progress.read_text().splitlines()]
    points = [(point.step, (point.tokens_per_second or 0) * point.seconds, point.seconds) for point in seen]
    return points, _parameters(task["model"])


def _plain(task: dict[str, Any]) -> tuple[list[tuple[int, float, float]], int]:
    """Train as the documentation of the packages does; step, tokens and seconds at each step."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import (
        AutoModelForCausalLM,
        DataCollatorForSeq2Seq,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    from langkah.chat import ChatEncoder
    from langkah.models.loading import compute_dtype, load_tokenizer, nf4_config

    recipe, dtype, cuda = _recipe(task), compute_dtype(), torch.cuda.is_available()
    tokenizer = load_tokenizer(recipe.base_model)
    encoder = ChatEncoder(tokenizer)
    encoded = [encoder.encode(example) for example in _examples(encoder, task["tokens"])]
    model = AutoModelForCausalLM.from_pretrained(
        recipe.base_model.location,
        dtype=dtype,
        quantization_config=nf4_config(),
        attn_implementation="sdpa",
        device_map={"": 0} if cuda else None,
    )
    model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=True)
    adapter = LoraConfig(
        r=recipe.lora_r,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=0.0,
        target_modules=list(recipe.target_modules),
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, adapter)
    points: list[tuple[int, float, float]] = []

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if cuda:
                torch.cuda.synchronize()
            tokens = state.global_step * STEP_SIZE * len(encoded[0])
            points.append((state.global_step, tokens, time.monotonic()))

    settings = TrainingArguments(
        output_dir=tempfile.mkdtemp(dir=task["folder"]),
        per_device_train_batch_size=recipe.per_device_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        num_train_epochs=1,
        learning_rate=recipe.learning_rate,
        bf16=dtype == torch.bfloat16,
        fp16=dtype == torch.float16,
        use_cpu=not cuda,
        gradient_checkpointing=True,
        optim="paged_adamw_8bit" if cuda else "adamw_torch",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    rows = Dataset.from_dict({"input_ids": [row.input_ids for row in encoded], "labels": [row.labels for row in encoded]})
    Trainer(
        model=model,
        args=settings,
        train_dataset=rows,
        data_collator=DataCollatorForSeq2Seq(tokenizer),
        callbacks=[Clock()],
    ).train()
    return points, _parameters(task["model"])


def _parameters(model: str) -> int:
    """Weights that a token is multiplied by: all but the input embeddings."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(model)
    config.quantization_config = None
    with torch.device("meta"):
        whole = AutoModelForCausalLM.from_config(config)
    tied = config.tie_word_embeddings
    return sum(each.numel() for each in whole.parameters()) - (0 if tied else whole.get_input_embeddings().weight.numel())


def _summary(rows: list[dict[str, Any]], model: str, *, smoke: bool) -> dict[str, Any]:
    """All figures, with each row's ratio to the plain way at its length and its share of the peak."""
    plain = {row["tokens"]: row.get("tokens_per_second") for row in rows if row["way"] == "plain"}
    device = next((row["device"] for row in rows if "device" in row), "none")
    peak = next((flops for name, flops in DENSE_BF16.items() if name in device), None)
    for row in rows:
        speed = row.get("tokens_per_second")
        if speed and plain.get(row["tokens"]):
            row["ratio"] = round(speed / plain[row["tokens"]], 2)
        if speed and peak:
            row["share_of_peak"] = round(4 * row["parameters"] * speed / peak, 3)
    setup = {"examples_a_step": STEP_SIZE, "smoke": smoke}
    return {"model": model, "device": device, "peak_flops": peak, "flops_a_token": "4N", **setup, "rows": rows}


def _line(row: dict[str, Any]) -> str:
    what = f"{row['way']:8} {row['batch']} x {row['tokens']:6,} tokens" + (
        f", held to {row['memory_gb']} GB" if row["memory_gb"] else ""
    )
    return f"{what}: {row.get('error') or format(row['tokens_per_second'], ',.0f') + ' tokens/s'}"


def _table(summary: dict[str, Any]) -> str:
    peak = summary["peak_flops"]
    against = f"share of {peak / 1e12:.0f} TFLOP/s (bf16, dense)" if peak else "share of peak (peak not known)"
    lines = [
        f"{summary['model']} on {summary['device']}, {STEP_SIZE} examples a step; 4N FLOP a token",
        "",
        f"| way | tokens an example | at once | held to | tokens/s | to plain | peak memory | {against} |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in summary["rows"]:
        what = [row["way"], f"{row['tokens']:,}", row["batch"], f"{row['memory_gb']} GB" if row["memory_gb"] else ""]
        if "error" in row:
            cells = [*what, row["error"], "", "", ""]
        else:
            memory = f"{row['peak_memory_gb']:.1f} GB" if row["peak_memory_gb"] else ""
            share = f"{row['share_of_peak']:.1%}" if "share_of_peak" in row else ""
            cells = [*what, f"{row['tokens_per_second']:,.0f}", row.get("ratio", ""), memory, share]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
