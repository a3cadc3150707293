"""The gate on real adapters of a tiny model: one that learned passes, and what learned nothing of use never does.

The model is small enough to be taught twelve procedures in seconds. What an honest training does here is the control: the same
rules, answers and scores refuse random weights, and an adapter that learned each procedure under another question.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from prefect import flow

from flows.train_adapter import train_adapter
from langkah.artifacts import ArtifactRef, Workspace, use_workspace
from langkah.config import EvaluateConfig, GateConfig, PiiConfig, TrainConfig
from langkah.models import resolve_model
from langkah.models.loading import compute_platform
from langkah.records import ChatExample, DatasetRow
from langkah.registry import VERDICT
from tasks.artifacts import at_work, payload, publish_artifact
from tasks.judging import generate, score
from tasks.steplog import step_log

pytestmark = pytest.mark.slow
THINGS = {
    "printer": ("Lift the paper tray.", "Slide out the old cartridge.", "Push the new one until it clicks."),
    "kettle": ("Fill it with fresh water.", "Close the lid firmly.", "Press the red switch."),
    "router": ("Unplug the power cable.", "Wait for ten seconds.", "Plug the cable back in."),
    "camera": ("Charge the battery overnight.", "Insert a memory card.", "Set the date on the screen."),
    "heater": ("Turn the dial to low.", "Bleed the valve with a key.", "Check the pressure gauge."),
    "freezer": ("Remove all frozen food.", "Let the ice melt.", "Dry the shelves with a towel."),
    "scanner": ("Wipe the glass plate.", "Lay the page face down.", "Start the preview."),
    "drone": ("Fold out the four arms.", "Pair the remote control.", "Calibrate the compass outdoors."),
    "mixer": ("Attach the dough hook.", "Lock the bowl in place.", "Begin at the slowest speed."),
    "alarm": ("Enter the master code.", "Choose the zone to arm.", "Leave through the front door."),
    "piano": ("Connect the pedal unit.", "Pick a sound from the bank.", "Adjust the volume slider."),
    "bicycle": ("Pump up both tyres.", "Oil the chain lightly.", "Tighten the brake levers."),
    "projector": ("Mount it under the ceiling.", "Connect the video source.", "Sharpen the picture by the ring."),
    "lawnmower": ("Prime the fuel bulb.", "Hold the safety bar.", "Pull the starter rope."),
    "telescope": ("Align the finder scope.", "Point at a bright star.", "Focus with the small knob."),
    "aquarium": ("Rinse the gravel twice.", "Install the water filter.", "Add fish after a week."),
}
TRAINED, HELD = list(THINGS)[:12], list(THINGS)[12:]
ANSWERS = {name: "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)) for name, steps in THINGS.items()}
TAUGHT = ("How do I use the {}?", "Show me how to use the {}.", "I want to use the {}.", "Please explain the {}.")
ASKED = ("What is the way to use the {}?", "How to use the {}?")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LIMITS = GateConfig(max_forgetting=None)
"""All rules but the one on general instructions, of which a model of random weights knows nothing that it could forget."""


def small_model(folder: Path) -> Path:
    """A Llama of random weights with a vocabulary of its own: a step of training takes milliseconds."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = Tokenizer(models.BPE())
    words.pre_tokenizer, words.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    texts = [*ANSWERS.values(), *(ask.format(name) for ask in TAUGHT + ASKED for name in THINGS)]
    special, alphabet = ["<|im_start|>", "<|im_end|>", "<|pad|>"], pre_tokenizers.ByteLevel.alphabet()
    words.train_from_iterator(
        texts * 3, trainers.BpeTrainer(vocab_size=700, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<|im_end|>", pad_token="<|pad|>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=False, bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip
    model.lm_head.weight.data.mul_(10)  # so that a frozen head can be sure of a word
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def dataset(answers: dict[str, str]) -> ArtifactRef:
    """Publish a dataset version whose training examples have these answers; what is asked and expected is always the same."""

    def rows(names: list[str], wordings: tuple[str, ...]) -> list[DatasetRow]:
        return [
            DatasetRow(intent=name, prompt=ask.format(name), output=ANSWERS[name], language="en", source="faq",
                       variant_of=None if ask == wordings[0] else wordings[0].format(name))
            for name in names
            for ask in wordings
        ]  # fmt: skip

    train = rows(TRAINED, TAUGHT)
    chat = [
        ChatExample(intent=r.intent, prompt=r.prompt, completion=answers[r.intent], original=not r.variant_of) for r in train
    ]
    slices = {"train.jsonl": train, "eval.jsonl": rows(TRAINED, ASKED), "holdout.jsonl": rows(HELD, ASKED)}
    lengths = json.dumps({"max_length": 128, "policy": "truncate", "answer_p99": 60})
    with at_work("assemble", 1, ()):
        return publish_artifact("dataset", {**slices, "chat.jsonl": chat, "lengths.json": lengths})


def randomized(adapter: ArtifactRef, store: Any) -> ArtifactRef:
    """Publish an adapter like this one, of random weights as large as its own."""
    import torch
    from safetensors.torch import load_file, save_file

    generator = torch.Generator().manual_seed(0)
    with store.draft("adapter") as draft:
        shutil.copytree(store.folder(adapter), draft.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
        path = draft.path / "adapter_model.safetensors"
        weights = {name: torch.randn(each.shape, generator=generator) * each.std() for name, each in load_file(path).items()}
        save_file(weights, path, metadata={"format": "pt"})
        draft.provenance = store.manifest(adapter).provenance
    assert draft.ref
    return draft.ref


def test_one_that_learned_passes_and_random_weights_and_exchanged_answers_never_do(tmp_path: Path) -> None:
    base = small_model(tmp_path / "base")
    recipe = TrainConfig.model_validate({
        "base_model": str(base), "threads": 1, "num_train_epochs": 40, "learning_rate": 0.005, "validation": 0,
        "validation_intents": 0, "evaluations_per_epoch": 1, "early_stopping_patience": 0,
    })  # fmt: skip
    exchanged = {name: ANSWERS[TRAINED[(place + 5) % len(TRAINED)]] for place, name in enumerate(TRAINED)}
    workspace = Workspace.open(tmp_path / "home")

    @flow(name="judge-adapters", persist_result=False)
    def judge_all() -> list[dict[str, Any]]:
        asked = dataset(ANSWERS)
        model = resolve_model(str(base))
        settings = (60, 32, compute_platform(), 1, "transformers")
        answers = generate(asked, model, None, *settings)
        honest = train_adapter(asked, recipe)
        verdicts: list[dict[str, Any]] = []
        for adapter in (honest, train_adapter(dataset(exchanged), recipe), randomized(honest, workspace.store)):
            tuned = generate(asked, model, adapter, *settings)
            scores = score(
                answers, tuned, None, adapter, None, EvaluateConfig(resamples=2_000), LIMITS, PiiConfig(), "as installed"
            )
            verdicts.append(json.loads(payload(scores, VERDICT).read_text(encoding="utf-8")))
        return verdicts

    with use_workspace(workspace), step_log():
        good, shuffled, random = judge_all()
    assert good["passed"], [rule for rule in good["rules"] if not rule["passed"]]
    # It learned the form: far nearer to any reference than the base, and it ends its answers. What it says is of other things.
    failed = {name: [rule["name"] for rule in found["rules"] if not rule["passed"]] for name, found in
              (("shuffled", shuffled), ("random", random))}  # fmt: skip
    assert failed["shuffled"] == ["eval_own_steps_lead_low"]
    assert set(failed["random"]) >= {"eval_rouge_l_gain_low", "eval_own_steps_lead_low"}
