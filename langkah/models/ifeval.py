"""IFEval of a model before it is tuned, by lm-evaluation-harness, on a file of prompts on this machine.

Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models" (arXiv:2311.07911): prompts whose instructions a
program can check. The harness has the checks; the prompts are the 541 of the data set google/IFEval as JSON lines, or some of
one's own in the same form. The answers come from the model as Langkah loads it, with its chat template, thinking off, greedy.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from langkah.errors import InputError, ResourceError
from langkah.models.ref import ModelRef

ANSWER_TOKENS: Final = 1280
_NEEDS_PUNKT: Final = ("length_constraints:number_sentences", "change_case:capital_word_frequency")
_MEASURES: Final = {
    "prompt_strict": "prompt_level_strict_acc",
    "prompt_loose": "prompt_level_loose_acc",
    "instruction_strict": "inst_level_strict_acc",
    "instruction_loose": "inst_level_loose_acc",
}


class IfevalPrompt(BaseModel):
    """One line of the data: a prompt, and the instructions in it that are checked."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    key: int
    prompt: str = Field(min_length=1)
    instruction_id_list: tuple[str, ...] = Field(min_length=1)
    kwargs: tuple[dict[str, Any], ...]

    @model_validator(mode="after")
    def _one_each(self) -> IfevalPrompt:
        if len(self.kwargs) != len(self.instruction_id_list):
            raise ValueError("expected as many kwargs as instruction_id_list")
        return self


class IfevalScores(BaseModel):
    """Shares of 1; a catalogue's `ifeval` is 100 times `prompt_strict`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    fingerprint: str
    prompts: int
    prompt_strict: float = Field(description="prompts of which all instructions were followed")
    prompt_loose: float = Field(description="the same, forgiving markup and a first or last line")
    instruction_strict: float = Field(description="instructions that were followed")
    instruction_loose: float
    harness: str = Field(description="version of lm-eval")


def check_harness() -> None:
    """Raise where lm-evaluation-harness is not installed.

    Raises:
        ResourceError: saying what to install.
    """
    if importlib.util.find_spec("lm_eval") is None:
        raise ResourceError("IFEval needs lm-evaluation-harness, which is not installed: `pip install 'langkah[ifeval]'`")


def read_prompts(path: Path) -> list[IfevalPrompt]:
    """Read a file of prompts, JSON lines as in the data set google/IFEval.

    Raises:
        InputError: with every line that is wrong, or the reason why the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "expected UTF-8 text"
        raise InputError(f"--ifeval-data {path}: {reason}") from None
    prompts: list[IfevalPrompt] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            prompts.append(IfevalPrompt.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(map(str, first["loc"]))
            said = first["msg"].removeprefix("Value error, ")
            problems.append(f"{path}: line {number}: {f'{field}: ' if field else ''}{said}")
    if problems:
        raise InputError(*problems)
    if not prompts:
        raise InputError(f"--ifeval-data {path}: holds no prompts")
    return prompts


def measure_ifeval(
    model: ModelRef, prompts: Sequence[IfevalPrompt], *, batch_size: int = 8, max_tokens: int = ANSWER_TOKENS
) -> IfevalScores:
    """Answer the prompts and check what of their instructions was followed.

    Args:
        model: an instruct model.
        prompts: from `read_prompts`.
        batch_size: prompts at once.
        max_tokens: where an answer is cut; published scores have 1280.

    Raises:
        InputError: an instruction that the harness does not know.
        ResourceError: the harness, or nltk's sentence model that some instructions need, is not installed.
    """
    check_harness()
    harness = _Harness()
    _check_instructions(prompts, harness.instructions)
    from langkah.models.loading import load_model, load_tokenizer, use_threads

    use_threads("auto")
    language_model = harness.model(
        pretrained=load_model(model),
        tokenizer=load_tokenizer(model),
        batch_size=batch_size,
        enable_thinking=False,
    )
    done: Any = harness.evaluate(
        model=language_model,
        tasks=[_task(harness.checks, prompts, max_tokens)],
        apply_chat_template=True,
        log_samples=False,
        bootstrap_iters=0,
    )
    found = done["results"]["langkah_ifeval"]
    return IfevalScores(
        model=model.name,
        fingerprint=model.fingerprint,
        prompts=len(prompts),
        harness=harness.version,
        **{name: round(float(found[f"{measure},none"]), 4) for name, measure in _MEASURES.items()},
    )


class _Harness:
    """What is used of lm-evaluation-harness, which is an extra, so that no type checker may count on it."""

    def __init__(self) -> None:
        logging.getLogger("lm_eval").setLevel(logging.ERROR)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            # Importing the checks downloads nltk's sentence model where that is missing, or says at length that it cannot.
            self.checks: Any = importlib.import_module("lm_eval.tasks.ifeval.utils")
            self.model: Any = importlib.import_module("lm_eval.models.huggingface").HFLM
            self.evaluate: Any = importlib.import_module("lm_eval").simple_evaluate
        self.instructions: Any = self.checks.instructions_registry.INSTRUCTION_DICT
        self.version = importlib.metadata.version("lm_eval")


def _task(checks: Any, prompts: Sequence[IfevalPrompt], max_tokens: int) -> dict[str, Any]:
    """The harness's own task, as its `tasks/ifeval/ifeval.yaml` has it, on the given prompts."""
    from datasets import Dataset

    rows = Dataset.from_list([prompt.model_dump(mode="json") for prompt in prompts])

    def dataset(**_: Any) -> dict[str, Any]:
        return {"train": rows}

    metrics = [
        {
            "metric": measure,
            "aggregation": "mean" if measure.startswith("prompt") else checks.agg_inst_level_acc,
            "higher_is_better": True,
        }
        for measure in _MEASURES.values()
    ]
    return {
        "task": "langkah_ifeval",
        "custom_dataset": dataset,
        "test_split": "train",
        "output_type": "generate_until",
        "num_fewshot": 0,
        "doc_to_text": "prompt",
        "doc_to_target": 0,
        "generation_kwargs": {"until": [], "do_sample": False, "temperature": 0.0, "max_gen_toks": max_tokens},
        "process_results": checks.process_results,
        "metric_list": metrics,
    }


def _check_instructions(prompts: Sequence[IfevalPrompt], known: Any) -> None:
    asked = {name for prompt in prompts for name in prompt.instruction_id_list}
    if unknown := sorted(asked - set(known)):
        raise InputError(f"--ifeval-data: the harness knows no instruction {', '.join(unknown)}")
    if asked.intersection(_NEEDS_PUNKT):
        import nltk

        try:
            nltk.data.find("tokenizers/punkt_tab")
        except LookupError:
            raise ResourceError(
                "IFEval counts sentences with nltk's punkt_tab, which is not installed: `python -m nltk.downloader punkt_tab`"
            ) from None
