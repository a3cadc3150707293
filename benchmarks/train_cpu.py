"""Real (unpadded) tokens a second of Langkah's training on a CPU, against a plain TRL script, and what each thing gives.

The plain way is SFTTrainer with its defaults: rows shuffled, dynamic padding, TRL's own loss and gradient checkpointing. Model
(the bundled one), token ids and masks, fp32, LoRA, threads, effective batch, learning rate, schedule and the shuffle itself are
the same: two shuffles of one epoch end up to .03 nats apart, which would drown what is compared.
Langkah's side is the child process that `langkah run` starts. Both train at once and take turns of a few steps: while one
computes the other is stopped (SIGSTOP), so both meet the same noise of the machine. The ratio is the median over the turns.

    python benchmarks/train_cpu.py             # a few minutes
    python benchmarks/train_cpu.py --shares    # what Langkah does otherwise, each thing against the one before it
    python benchmarks/train_cpu.py --full      # whole epochs, and the loss of both adapters on the same held-out wordings
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DATA = ROOT.parent / "shared" / "data" / "gnome-help-en.jsonl"

from benchmarks.row import Row, tell
from langkah.chat import ChatEncoder, EncodedExample
from langkah.config import ParaphraseConfig, TrainConfig
from langkah.models import resolve_model
from langkah.models.loading import load_tokenizer
from langkah.models.memory import GB
from langkah.paraphrase import make_variants
from langkah.records import ChatExample, FaqRecord, PromptVariant
from langkah.row_files import write_jsonl
from langkah.training import Recipe, resolve_recipe
from langkah.training.examples import ShuffledSteps, TrainingData, like_lengths
from langkah.training.work_files import ADAPTER, PROGRESS, SPEC

BAR = 1.5
LOSS_BAR = 0.02
WARM_UP = 1
STEPS_A_TURN = 2
TURNS = 4
RUNGS = ("plain", "no checkpointing", "answer-only head", "shared beginnings", "oneDNN")
"""Each has what those before it have; Langkah itself also computes a batch in parts of like length."""
LANGKAH = "langkah"


@dataclass
class Way:
    """One way to train: a process that is stopped between its turns."""

    name: str
    work: Path
    process: subprocess.Popen[bytes]
    seen: int = 0
    cpu: float = 0.0
    turns: list[tuple[float, float, int]] = field(default_factory=list)
    """(seconds, CPU seconds, real tokens) of each turn"""

    def run(self, steps: int, tokens: list[int]) -> None:
        """Let it take so many steps, or run to its end, then stop it."""
        goal = min(self.seen + steps, len(tokens))
        cpu, started = self.cpu_seconds(), time.monotonic()
        self.process.send_signal(signal.SIGCONT)
        while self.steps_done() < goal or (goal == len(tokens) and self.process.poll() is None):
            self.check()
            self.cpu_seconds()
            time.sleep(0.005)
        seconds, cpu = time.monotonic() - started, self.cpu_seconds() - cpu
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
        done = min(self.steps_done(), len(tokens))
        self.turns.append((seconds, cpu, sum(tokens[self.seen : done])))
        self.seen = done

    def check(self) -> None:
        """Say what its log says where it ended before its end."""
        if self.process.poll() not in (None, 0):
            told = (self.work / "log").read_text(encoding="utf-8")[-2000:]
            raise SystemExit(f"{self.name} ended with {self.process.returncode} (-9: out of memory?):\n{told}")

    def steps_done(self) -> int:
        path = self.work / PROGRESS
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return max((json.loads(line)["step"] for line in lines if line.endswith("}")), default=0)

    def cpu_seconds(self) -> float:
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            self.cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:  # it ended: what was last seen
            pass
        return self.cpu

    def peak_gb(self) -> float:
        self.check()
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / GB

    def rate(self, clock: int) -> list[float]:
        """Real tokens a second of each turn, by the wall (0) or by the processor (1)."""
        return [turn[2] / turn[clock] for turn in self.turns]


def examples() -> tuple[list[ChatExample], list[ChatExample]]:
    """Titles as prompts with a paraphrase of each tenth intent, to be watched; and those of another tenth, which judge."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    records = [
        FaqRecord(
            intent=row["id"], prompt=row["prompt"], output=row["output"], language="en", source="", file=DATA.name, row=number
        )
        for number, row in enumerate(rows, start=1)
    ]
    answers = {record.intent: record.output for record in records}
    variants = make_variants(records, ParaphraseConfig()).variants
    paraphrased = {variant.intent: variant for variant in variants if variant.variant_of}
    originals = [variant for variant in variants if not variant.variant_of]
    watched, judging = ([paraphrased[intent] for intent in sorted(paraphrased)[first::10]] for first in (5, 0))

    def asked(chosen: list[PromptVariant]) -> list[ChatExample]:
        return [
            ChatExample(
                intent=variant.intent,
                prompt=variant.prompt,
                completion=answers[variant.intent],
                original=not variant.variant_of,
            )
            for variant in chosen
        ]

    return asked([*originals, *watched]), asked(judging)


def steps_of(lengths: list[int], order: list[int], batch: int, *, in_parts: bool) -> tuple[list[int], list[int]]:
    """Real and padded tokens of each step."""
    steps = [[lengths[row] for row in order[start : start + batch]] for start in range(0, len(order), batch)]
    parts = [like_lengths(step) if in_parts else [list(range(len(step)))] for step in steps]
    padded = [
        sum(len(part) * max(step[place] for place in part) for part in dealt) for step, dealt in zip(steps, parts, strict=True)
    ]
    return [sum(step) for step in steps], padded


def shuffled(lengths: list[int], recipe: Recipe) -> list[int]:
    """The rows of all epochs, in the order in which both ways see them."""
    order = ShuffledSteps(lengths, recipe.effective_batch_size, recipe.seed)
    found: list[int] = []
    for epoch in range(int(recipe.num_train_epochs)):
        order.set_epoch(epoch)
        found += order
    return found


def start(name: str, recipe: Recipe, rows: Path, folder: Path) -> Way:
    """Start a way in a process of its own."""
    work = folder / name.replace(" ", "-")
    work.mkdir()
    spec = {"recipe": recipe.model_dump(mode="json"), "examples": str(rows)}
    (work / SPEC).write_text(json.dumps(spec), encoding="utf-8")
    code = ["-m", "langkah.training.child"] if name == LANGKAH else [__file__, "--child", name]
    environment = {
        **os.environ,
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONPATH": str(ROOT),
        "LANGKAH_PARENT": str(os.getpid()),
    }
    with (work / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *code, str(work / SPEC)], stdout=log, stderr=log, env=environment)
    return Way(name, work, process)


def train_plainly(rung: str, spec_path: Path) -> None:
    """The plain script, with as many of Langkah's things as the rung has. Runs in a process of its own."""
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, TrainerCallback, set_seed
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    from langkah.models.loading import use_threads
    from langkah.training import trainer
    from langkah.training.onednn import use_onednn

    spec = json.loads(spec_path.read_text(encoding="utf-8"))
    recipe = Recipe.model_validate(spec["recipe"])
    use_threads(recipe.threads)
    set_seed(recipe.seed)
    level = RUNGS.index(rung)
    tokenizer = load_tokenizer(recipe.base_model)
    data = TrainingData.read(Path(spec["examples"]), recipe, ChatEncoder(tokenizer))
    order = shuffled(data.lengths, recipe)
    per_epoch = len(data.train)
    progress = spec_path.parent / PROGRESS

    class Told(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            with progress.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps({"step": state.global_step}) + "\n")

    class Written:
        """An order of rows that is known beforehand, so that the tokens of each step are."""

        epoch = 0

        def set_epoch(self, epoch: int) -> None:
            self.epoch = epoch

        def __len__(self) -> int:
            return per_epoch

        def __iter__(self) -> Any:
            return iter(order[self.epoch * per_epoch : (self.epoch + 1) * per_epoch])

    class Plain(SFTTrainer):
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return Written()

    class AnswerOnly(Plain):
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            loss = trainer.answer_loss(model, inputs, num_items_in_batch)
            return (loss, {}) if return_outputs else loss

    def dataset(rows: Any) -> Any:
        return Dataset.from_list([{"input_ids": row.input_ids, "labels": row.labels} for row in rows])

    model: Any = AutoModelForCausalLM.from_pretrained(recipe.base_model.location)
    lora = LoraConfig(
        r=recipe.lora_r,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules=list(recipe.target_modules),
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, lora)
    if level < 3:
        trainer._LEAST_SHARED = sys.maxsize
    if level >= 4:
        use_onednn(model)
    checkpointing: dict[str, Any] = {"gradient_checkpointing": False} if level >= 1 else {}
    settings = SFTConfig(
        output_dir=str(spec_path.parent / "checkpoints"),
        per_device_train_batch_size=recipe.per_device_batch_size,
        per_device_eval_batch_size=recipe.per_device_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.num_train_epochs,
        warmup_steps=round(recipe.warmup_ratio * recipe.steps(per_epoch)),
        lr_scheduler_type="linear",
        weight_decay=recipe.weight_decay,
        eval_strategy="epoch",
        use_cpu=True,
        bf16=False,
        seed=recipe.seed,
        report_to="none",
        disable_tqdm=True,
        dataset_kwargs={"skip_prepare_dataset": True},
        **checkpointing,
    )
    training = (AnswerOnly if level >= 2 else Plain)(
        model=model,
        args=settings,
        train_dataset=dataset(data.train),
        eval_dataset=dataset(data.validation),
        processing_class=tokenizer,
        callbacks=[Told()],
    )
    training.train()
    model.save_pretrained(str(spec_path.parent / ADAPTER))


def loss_of(recipe: Recipe, rows: list[EncodedExample], adapter: Path) -> float:
    """Cross-entropy of the answers under an adapter, nats a token, by the model's own loss."""
    import torch
    from peft import PeftModel

    from langkah.models.loading import load_model

    model: Any = PeftModel.from_pretrained(load_model(recipe.base_model), str(adapter)).eval()
    total = tokens = 0.0
    with torch.inference_mode():
        for row in rows:
            learned = sum(label >= 0 for label in row.labels)
            total += float(model(input_ids=torch.tensor([row.input_ids]), labels=torch.tensor([row.labels])).loss) * learned
            tokens += learned
    return total / tokens


def compare(names: tuple[str, str], recipe: Recipe, turns: int | None, steps: int, folder: Path) -> int:
    """Let the ways take turns, print what each does, and return the exit code."""
    rows = folder / "chat.jsonl"
    asked, judging = examples()
    write_jsonl(rows, asked)
    encoder = ChatEncoder(load_tokenizer(recipe.base_model))
    data = TrainingData.read(rows, recipe, encoder)
    batch = recipe.effective_batch_size
    order = shuffled(data.lengths, recipe)
    counts = {name: steps_of(data.lengths, order, batch, in_parts=name == LANGKAH) for name in names}
    ways = [start(name, recipe, rows, folder) for name in names]
    peaks: dict[str, float] = {}
    try:
        for way in ways:
            way.process.send_signal(signal.SIGSTOP)
        for way in ways:
            way.run(WARM_UP, counts[way.name][0])
            if turns:  # loading and the first step are not what is measured
                way.turns.clear()
        while any(way.seen < len(counts[way.name][0]) for way in ways) and turns != len(ways[0].turns):
            for way in ways:
                peaks[way.name] = way.peak_gb()
                way.run(steps, counts[way.name][0])
                print(f"  {way.name}: step {way.seen} of {len(counts[way.name][0])}", file=sys.stderr, flush=True)
    finally:
        for way in ways:
            if way.process.poll() is None:
                way.process.kill()
            way.process.wait()
    plain, last = ways[0], ways[-1]
    print(
        f"{len(data.train)} examples, {sum(data.lengths):,} tokens an epoch, effective batch {batch}, {recipe.threads} threads"
    )
    print(f"{'real tokens':<24}{'a second':>10}{'ratio':>8}{'a CPU second':>14}{'ratio':>8}{'padding':>9}{'peak GB':>9}")
    for way in ways:
        real, padded = counts[way.name]
        rates = [statistics.median(way.rate(clock)) for clock in (0, 1)]
        ratio = [statistics.median(one / two for one, two in zip(way.rate(c), plain.rate(c), strict=True)) for c in (0, 1)]
        print(
            f"{way.name:<24}{rates[0]:>10.0f}{ratio[0]:>8.2f}{rates[1]:>14.0f}{ratio[1]:>8.2f}"
            f"{1 - sum(real) / sum(padded):>9.1%}{peaks[way.name]:>9.2f}"
        )
    ratio = statistics.median(one / two for one, two in zip(last.rate(0), plain.rate(0), strict=True))
    passed = ratio >= BAR
    print(f"{last.name} trains {ratio:.2f} times as many real tokens a second as {plain.name} (bar: {BAR})")
    if names == (RUNGS[0], LANGKAH):
        seconds = 1000 / statistics.median(last.rate(0))
        tell(Row("training, 1,000 real tokens", "SFTTrainer, its defaults", ratio * seconds, seconds, BAR, clock=True))
    if turns is None:
        whole = [sum(turn[0] for turn in way.turns) for way in (plain, last)]
        judges = [encoder.encode(example) for example in judging]
        losses = [loss_of(recipe, judges, way.work / ADAPTER) for way in (plain, last)]
        passed = passed and losses[1] <= losses[0] + LOSS_BAR
        print(f"{recipe.num_train_epochs:g} epochs with loading and evaluation: {whole[0]:.0f} s and {whole[1]:.0f} s")
        print(
            f"loss on {len(judges)} wordings that neither saw: {losses[0]:.4f} and {losses[1]:.4f}"
            f" (bar: the plain one's + {LOSS_BAR})"
        )
    return 0 if passed else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="whole epochs, with the loss of both adapters")
    parser.add_argument("--shares", action="store_true", help="what each thing gives")
    parser.add_argument("--epochs", type=int, default=3, help="of --full")
    parser.add_argument("--threads", type=int, help="CPU threads of each way (default: the cores)")
    parser.add_argument("--child", choices=RUNGS, help=argparse.SUPPRESS)
    parser.add_argument("spec", nargs="?", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        train_plainly(given.child, given.spec)
        return 0
    if not DATA.is_file():
        print("../shared/data is not here: nothing to train on")
        return 2
    config = TrainConfig(num_train_epochs=given.epochs, threads=given.threads or "auto")
    recipe = resolve_recipe(config, resolve_model("smollm2-135m-instruct"), dataset="0" * 64, max_length=2048)
    if recipe.device != "cpu":
        print("this machine has a GPU, and Langkah trains on it: nothing to measure")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the children are ended
    ladder = [*RUNGS, LANGKAH]
    pairs = list(pairwise(ladder)) if given.shares else [(RUNGS[0], LANGKAH)]
    codes: list[int] = []
    for pair in pairs:  # no more than two processes at once: without checkpointing each takes 3-5 GB
        with tempfile.TemporaryDirectory() as folder:
            turns, steps = (None, 8) if given.full else (TURNS, STEPS_A_TURN)
            codes.append(compare(pair, recipe, turns, steps, Path(folder)))
    return 0 if given.shares else codes[0]


if __name__ == "__main__":
    raise SystemExit(main())
