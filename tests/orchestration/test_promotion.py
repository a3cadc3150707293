"""Who becomes champion, from end to end with real tiny adapters: what the gate let through, in order, and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import command

from flows.evaluate_adapter import evaluate_adapter
from flows.finetune import finetune
from flows.prepare_dataset import prepare_dataset
from flows.promote import promote, roll_back
from flows.summary import Evaluation, PreparedDataset
from flows.train_adapter import train_adapter
from langkah.artifacts import ArtifactRef, Workspace, use_workspace
from langkah.config import RunConfig, parse_config
from langkah.errors import ContaminationError, StaleChallengerError
from langkah.records import ChatExample, DatasetRow
from langkah.registry import ChampionRegistry
from langkah.row_files import read_jsonl, write_jsonl
from tasks.steplog import step_log

pytestmark = pytest.mark.slow
LAX = {"min_gain": -1, "min_own_lead": None, "max_holdout_drop": 1, "max_invented_rise": None, "min_ended": None}
"""What a tiny model of random weights can reach: it has learned no more than which words occur."""


def config_of(base: Path, seed: int = 0, **sections: Any) -> RunConfig:
    train = {"base_model": str(base), "num_train_epochs": 1, "threads": 1, "seed": seed, "learning_rate": 0.01}
    evaluate = {"max_new_tokens": 8, "resamples": 200}
    return parse_config(
        {"ingest": {"max_intents": 12}, "split": {"holdout": 0.2}, "train": train, "evaluate": evaluate} | sections
    )  # fmt: skip


class Shop:
    """A workspace, the runs in it, and a dataset version with an adapter to make worse ones of."""

    def __init__(self, root: Path, data: list[str], base: Path) -> None:
        self.workspace = Workspace.open(root)
        self.data, self.base = data, base
        self.registry = ChampionRegistry(self.workspace.champions)

    def run(self, seed: int, *, auto: bool = True, **gate: Any) -> dict[str, Any]:
        config = config_of(self.base, seed, gate=gate, promote={"auto": auto})
        return finetune(self.data, config, str(self.workspace.root))

    def judge(self, adapter: ArtifactRef, dataset: ArtifactRef, **gate: Any) -> Evaluation:
        """Evaluate an adapter on a dataset version made of the same records."""
        with use_workspace(self.workspace), step_log():
            prepared = prepare_dataset(self.data, config_of(self.base))
            assert isinstance(prepared, PreparedDataset)
            prepared = prepared.model_copy(update={"dataset": dataset})
            return evaluate_adapter(prepared, adapter, config_of(self.base, gate=gate))

    def altered(self, ref: ArtifactRef, change: Callable[[Path], None]) -> ArtifactRef:
        """Publish an artifact like another one, but for what `change` does to its folder."""
        store = self.workspace.store
        with store.draft(ref.kind) as draft:
            shutil.copytree(store.folder(ref), draft.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
            change(draft.path)
            draft.provenance = store.manifest(ref).provenance
        assert draft.ref
        return draft.ref


def ref_of(summary: dict[str, Any], kind: str) -> ArtifactRef:
    return ArtifactRef.of(kind, summary[kind]["digest"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, examples: Path, babbling_model: Path) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"), [str(examples / "shop-faq-en.jsonl")], babbling_model)


@pytest.fixture(scope="module")
def first(shop: Shop) -> dict[str, Any]:
    return shop.run(0, **LAX)


@pytest.fixture(scope="module")
def second(shop: Shop, first: dict[str, Any]) -> dict[str, Any]:
    return shop.run(1)


def pages_of(*summaries: dict[str, Any]) -> list[Path]:
    return [Path(summary["report"]) for summary in summaries]


def test_the_first_that_passes_is_champion(shop: Shop, first: dict[str, Any]) -> None:
    assert first["gate"]["passed"] and first["gate"]["against"] == "base" and first["champion"] is None
    assert first["promotion"]["event"] == "promoted"
    champion = shop.registry.champion()
    assert champion and champion.adapter == first["adapter"]["digest"]
    assert champion.dataset == first["dataset"]["digest"]


def test_a_run_done_again_says_the_same_and_promotes_nothing_anew(shop: Shop, first: dict[str, Any]) -> None:
    again = shop.run(0, **LAX)
    assert {**again, "steps": None} == {**first, "steps": None}
    assert {step["state"] for step in again["steps"] if step["name"] != "promote"} == {"Cached", "Skipped"}
    assert len(shop.registry.history()) == 1


def test_what_the_champion_knew_stays_on_its_side(shop: Shop, first: dict[str, Any], tmp_path: Path) -> None:
    """With another seed of the split, which alone would hold out others."""
    known = sides_of(shop, ref_of(first, "dataset"))
    more = tmp_path / "more.jsonl"
    row = {"id": "grill", "prompt": "How do I clean the grill?", "output": "1. Let it cool.\n2. Wipe it.\n3. Dry it."}
    more.write_text(json.dumps(row), encoding="utf-8")
    found = {
        sides: sides_of(shop, prepared_with(shop, [*shop.data, str(more)], {"seed": 5, "holdout": 0.2, "sides": sides}))
        for sides in ("champion", "anew")
    }
    assert len(found["champion"]) == len(known) + 1 and found["champion"].items() >= known.items()
    assert not found["anew"].items() >= known.items()


def sides_of(shop: Shop, dataset: ArtifactRef) -> dict[str, str]:
    return json.loads((shop.workspace.store.folder(dataset) / "sides.json").read_text())["sides"]


def prepared_with(shop: Shop, data: list[str], split: dict[str, Any]) -> ArtifactRef:
    config = config_of(shop.base, ingest={"max_intents": 13}, split=split)
    with use_workspace(shop.workspace), step_log():
        prepared = prepare_dataset(data, config)
    assert isinstance(prepared, PreparedDataset)
    return prepared.dataset


def test_the_second_is_judged_against_the_first_and_leaves_it_champion(
    shop: Shop, first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert second["adapter"] != first["adapter"]
    assert second["gate"]["against"] == "champion" and not second["gate"]["passed"]
    assert {"invented_steps_rise", "forgetting_rise", "personal_values", "ended"} <= {
        rule["name"] for rule in second["gate"]["rules"] if rule["measured"]
    }
    assert second["metrics"]["champion"] == first["metrics"]["tuned"]
    assert second["champion"]["adapter"] == first["adapter"]["digest"]
    sides = [page.read_text(encoding="utf-8").count('class="side champion"') for page in pages_of(first, second)]
    assert sides == [0, sum(found["n"] for found in second["metrics"]["champion"].values())]
    assert second["champion"]["compared"] == {
        "eval": second["dataset"]["eval"],
        "holdout": second["dataset"]["holdout"],
        "new": 0,
    }
    assert second["promotion"]["event"] == "refused"
    champion = shop.registry.champion()
    assert champion and champion.adapter == first["adapter"]["digest"]


def test_random_weights_and_shuffled_answers_never_pass(shop: Shop, first: dict[str, Any], second: dict[str, Any]) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    def randomize(folder: Path) -> None:
        generator = torch.Generator().manual_seed(0)
        path = next(folder.rglob("adapter_model.safetensors"))
        weights = {name: torch.randn(each.shape, generator=generator) for name, each in load_file(path).items()}
        save_file(weights, path, metadata={"format": "pt"})

    def shuffle(folder: Path) -> None:
        examples = list(read_jsonl(folder / "chat.jsonl", ChatExample))
        answers = {row.intent: row.completion for row in examples}
        other = dict(zip(answers, [*list(answers.values())[1:], next(iter(answers.values()))], strict=True))
        write_jsonl(folder / "chat.jsonl", [row.model_copy(update={"completion": other[row.intent]}) for row in examples])

    dataset = ref_of(first, "dataset")
    with use_workspace(shop.workspace):
        shuffled = train_adapter(shop.altered(dataset, shuffle), config_of(shop.base).train)
    for adapter in (shop.altered(ref_of(first, "adapter"), randomize), shuffled):
        judged = shop.judge(adapter, dataset)
        verdict = json.loads((shop.workspace.store.folder(judged.scores) / "verdict.json").read_text())
        failed = {rule["name"] for rule in verdict["rules"] if not rule["passed"]}
        assert failed >= {"eval_rouge_l_gain_low", "eval_own_steps_lead_low"}
        entry = promote(adapter.digest[:16], "rina", str(shop.workspace.root))
        assert entry["event"] == "refused" and entry["by"] == "rina"
    champion = shop.registry.champion()
    assert champion and champion.adapter == first["adapter"]["digest"]


def test_an_adapter_trained_on_an_evaluated_prompt_is_refused_by_lineage(shop: Shop, first: dict[str, Any]) -> None:
    def leak(folder: Path) -> None:
        trained = next(read_jsonl(folder / "train.jsonl", DatasetRow))
        rows = list(read_jsonl(folder / "eval.jsonl", DatasetRow))
        write_jsonl(folder / "eval.jsonl", [*rows, trained.model_copy(update={"prompt": trained.prompt.upper()})])

    last = first["dataset"]["eval"] + 1
    told = rf"1 of .* evaluated prompts are in its training data: eval\.jsonl line\(s\) {last} of dataset"
    with pytest.raises(ContaminationError, match=told):
        shop.judge(ref_of(first, "adapter"), shop.altered(ref_of(first, "dataset"), leak))


def test_from_the_command_line_to_a_new_champion_and_back(shop: Shop, first: dict[str, Any], second: dict[str, Any]) -> None:
    old, new = (each["adapter"]["digest"] for each in (first, second))
    place = ["--workspace", shop.workspace.root, "--by", "rina"]
    better = shop.run(1, auto=False, **LAX)
    assert better["gate"]["passed"] and better["promotion"] is None
    done = command("promote", new[:12], *place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"adapter {new[:12]} is the champion")
    assert shop.registry.history()[-1].scores == better["scores"]["digest"]  # not those that were refused
    assert command("promote", old[:12], *place).returncode == 1  # it was judged against the base alone
    with pytest.raises(StaleChallengerError, match="evaluate it again"):
        promote(old, "rina", str(shop.workspace.root))
    assert roll_back("", "wrong steps", "rina", str(shop.workspace.root))["adapter"] == old
    again = shop.run(1, **LAX)  # a run does not promote what a person rolled back from
    assert again["gate"]["passed"] and again["promotion"]["event"] == "rolled back"
    told = json.loads(command("lineage", "--json", *place[:2]).stdout)
    kinds = [each["kind"] for each in told["artifacts"]]
    assert told["adapter"] == old and kinds[0] == "adapter" and kinds[-1] == "index" and not told["missing"]
    assert told["sources"] == {"shop-faq-en.jsonl": hashlib.sha256(Path(shop.data[0]).read_bytes()).hexdigest()}
    lines = command("lineage", new[:12], *place[:2]).stdout.splitlines()
    assert lines[0].startswith(f"adapter       {new[:12]}") and lines[-1].endswith("  shop-faq-en.jsonl")
    told = json.loads(command("champion", "--json", *place[:2]).stdout)
    assert told["champion"] == old
    assert [entry["event"] for entry in told["history"]][-1] == "rolled back"
    done = command("roll-back", *place)
    assert done.returncode == 2 and "is the first champion" in done.stderr
