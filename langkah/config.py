"""The settings of a run: one frozen section a step, every field with its unit and range.

`RunConfig` is what the run form of the Prefect UI shows, what a `deployments/runs/*.yaml` holds, and what
`--set section.key=value` changes. Defaults are the user's guide's.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from langkah.addresses import database_problem
from langkah.errors import ConfigError

_SECRET: Final = "secret"
"""Type of a problem whose value must not be told."""
_ADDRESS: Final = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?", re.IGNORECASE)
_KEY_VARIABLE: Final = re.compile(r"OPENAI_API_KEY|LANGKAH_LLM_[A-Z0-9_]+")


def _no_bool(value: Any) -> Any:
    """Refuse `true` where a number is due: Python and pydantic take it for 1."""
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return value


Int = Annotated[int, BeforeValidator(_no_bool)]
"""A whole number; text such as `"3"` is read as one, true and false are refused."""
Float = Annotated[float, BeforeValidator(_no_bool)]
"""A number, whole or not; true and false are refused."""


def _alone(value: Any) -> Any:
    """Take one text, or number, for a list of one."""
    return (str(value),) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_alone)]
"""Texts; one alone need not be written as a list."""
Entity = Literal[
    "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "ID_NIK", "ID_NPWP", "ORDER_ID", "ACCOUNT_NUMBER"
]
"""The Presidio entities that Langkah has recognizers for."""


def _for_forms(schema: dict[str, Any]) -> None:
    """Make a schema fit the run form of the Prefect UI.

    A server with PostgreSQL keeps no order of fields but by `position`; and a form shows a constant, which the `auto` of
    `Int | Literal["auto"]` is, as what cannot be changed, but a choice of one as a choice.
    """
    for position, field in enumerate(schema.get("properties", {}).values()):
        field["position"] = position
        for branch in (field, *field.get("anyOf", ())):
            if "const" in branch:
                branch["enum"] = [branch.pop("const")]


class Section(BaseModel):
    """Base of all sections: frozen, closed; a wrong value is named by its place, not repeated whole."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_extra=_for_forms
    )  # fmt: skip


class IngestConfig(Section):
    """Which rows of the sources are taken."""

    language: Literal["auto", "en", "id"] = Field(default="auto", title="Language")
    """Labels rows that have no `language` of their own; `auto` detects it row by row. Never filters."""
    max_intents: Int | None = Field(default=None, ge=1, title="At most so many intents", examples=[40])
    """Take the first N intents, by a stable hash, of the rows that ingest accepts; None takes all. What the later steps flag
    or find repeated is not made up for, so a dataset may have fewer."""
    max_chars: Int = Field(default=20_000, ge=100, le=1_000_000, title="Longest prompt or answer, characters")
    """A longer cell is set aside as rejected."""


class ColumnsConfig(Section):
    """The file's own names of the columns, where they are none that Langkah knows."""

    prompt: str | None = Field(default=None, title="Column of the question", examples=["Customer asks"])
    """None: `prompt`, `question`, `instruction`, `pertanyaan` ..., see `langkah/sources/columns.py`."""
    output: str | None = Field(default=None, title="Column of the answer")
    """None: `output`, `answer`, `response`, `jawaban` ..."""
    id: str | None = Field(default=None, title="Column of the row's own number")
    """None: `id`."""
    source: str | None = Field(default=None, title="Column of the source")
    """None: `source`."""
    language: str | None = Field(default=None, title="Column of the language")
    """None: `language`."""


class DatabaseConfig(Section):
    """One query whose rows are FAQ rows; `--data sql:NAME` takes it, NAME being its key in `sources.databases`."""

    url: str = Field(title="SQLAlchemy URL", examples=["postgresql+psycopg://faq:${FAQ_PASSWORD}@db/helpdesk"])
    """`${NAME}` stands for an environment variable, so that no password stands in a settings file or in Prefect."""
    query: str = Field(title="Query", examples=["SELECT question, answer FROM faq ORDER BY id"])
    """A SELECT with an ORDER BY: the order gives the rows their numbers."""

    @field_validator("url")
    @classmethod
    def _no_password(cls, value: str) -> str:
        if problem := database_problem(value):
            raise PydanticCustomError(_SECRET, "{problem}", {"problem": problem})
        return value


class SourcesConfig(Section):
    """Where rows come from, and how they are read."""

    columns: ColumnsConfig = Field(default=ColumnsConfig(), title="Column names")
    """The file's own names, where they are none that Langkah knows."""
    databases: dict[str, DatabaseConfig] = Field(default={}, title="Database queries by name")
    """`--data sql:NAME` takes the rows of one."""
    max_megabytes: Float = Field(default=512, gt=0, le=1_000_000, title="Largest file, megabytes once unpacked")
    """A larger one is refused, as is an XLSX or gzip file that unpacks to more."""
    allowed_roots: Texts = Field(default=(), title="Folders and URLs that deployed runs may read")
    """A deployed run reads only below these; empty: only below the worker's own folder. The command line reads anything.
    Where the worker has roots of its own (LANGKAH_ALLOWED_ROOTS), these can only narrow them."""


class IdentifierPattern(Section):
    """A form of identifier that a company uses."""

    entity: Literal["ORDER_ID", "ACCOUNT_NUMBER", "ID_NIK", "ID_NPWP", "PHONE_NUMBER", "CREDIT_CARD"] = Field(title="Entity")
    regex: str | None = Field(default=None, title="Regular expression", examples=[r"KAI-\d{6}"])
    """What the identifier looks like, wherever it stands; None where it is only found after a lead-in."""
    lead_ins: Texts = Field(default=(), title="Words before it", examples=[["booking", "kode tiket"]])
    """A number or code after one of these words is one, whatever it looks like."""


class PiiConfig(Section):
    """What counts as personal data, and what is kept although it looks like it."""

    entities: Annotated[tuple[Entity, ...], BeforeValidator(_alone)] = Field(
        default=("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "ID_NIK", "ID_NPWP", "ORDER_ID",
         "ACCOUNT_NUMBER"),
        title="Entities to scrub",
    )  # fmt: skip
    """Presidio entity names. Dates, places, organizations and URLs are not personal in a how-to answer: left out."""
    allow: Texts = Field(default=(), title="Values to keep", examples=[["help@shop.example", "1500-888"]])
    """The company's own hotline and support address: part of the answer, so kept, in whatever form they are written."""
    glossary: Texts = Field(default=(), title="Product and UI names", examples=[["Langkah Pay", "Settings"]])
    """Names that NER takes for people's: never scrubbed."""
    score_threshold: Float = Field(default=0.4, ge=0, le=1, title="Lowest recognizer score")
    """A finding below it is ignored."""
    patterns: tuple[IdentifierPattern, ...] = Field(default=(), title="The company's own identifiers")
    """Order, account and other numbers of the company's own form, beside the shipped ones."""
    ner: Literal["spacy", "transformers", "gliner"] = Field(default="spacy", title="Recognizer of names")
    """What finds names that no list has: `transformers` and `gliner` read a local model, in both languages."""
    ner_path: str | None = Field(default=None, title="Folder of the model for transformers or gliner")
    """Read from this machine only; nothing is downloaded."""
    vault: bool = Field(default=False, title="Keep the originals, encrypted")
    """Off: what was replaced is gone. On: it is kept encrypted with the key in the environment variable LANGKAH_VAULT_KEY."""
    audit_sample: Int = Field(default=200, ge=0, le=10_000, title="Values planted for the audit")
    """Invented values put into a copy of the records, to measure how many come back scrubbed. 0: no audit."""


class StructureConfig(Section):
    """Which answers are procedures, and what becomes of the others."""

    max_steps: Int = Field(default=25, ge=1, le=500, title="Most steps of an answer")
    """A longer one is flagged for review."""
    restructure: Literal["off", "llm"] = Field(default="off", title="Restructure raw answers")
    """`llm`: an answer without explicit steps is rewritten as a draft that only review can admit; `off`: it is flagged."""


class LlmConfig(Section):
    """An OpenAI-compatible endpoint. Only scrubbed text is sent to it."""

    base_url: str = Field(default="http://127.0.0.1:11434/v1", title="Address", examples=["https://api.openai.com/v1"])
    """Ollama, vLLM, llama.cpp, OpenAI and others; the default is a local Ollama. No user, password or query stands in it."""
    model: str = Field(default="qwen3:8b", title="Model")
    """As the endpoint names it."""
    api_key_env: str = Field(default="LANGKAH_LLM_API_KEY", title="Environment variable with the API key")
    """`OPENAI_API_KEY`, or a name that begins with `LANGKAH_LLM_`: whoever fills in a run's form sends the worker's key to an
    address of their choice, and must not be able to send any other secret of it. A local server needs none."""
    concurrency: Int = Field(default=4, ge=1, le=64, title="Requests at once")
    """More than the endpoint serves at once only wait there."""
    requests_per_minute: Int = Field(default=0, ge=0, le=100_000, title="Requests a minute, 0: no limit")
    """The rate that a vendor allows; requests are spaced evenly, so that few are answered 429."""
    retries: Int = Field(default=3, ge=0, le=20, title="Attempts after the first")
    """On 408, 409, 429, 5xx, time-outs, lost connections and replies that are none; the waits double from 0.5 s to 8 s, with
    jitter, or are as the endpoint says (Retry-After)."""
    timeout_seconds: Float = Field(default=120, gt=0, title="Time-out of a request, seconds")
    """A request that takes longer is tried again, then given up."""
    max_tokens: Int = Field(default=1024, ge=16, le=32_768, title="Longest reply, tokens")
    """A reply that is cut short by it is no draft."""
    seed: Int = Field(default=0, ge=0, title="Seed")
    """Sent with each request; with temperature 0, most servers then answer alike."""
    price_input: Float = Field(default=0, ge=0, title="Price of a million prompt tokens")
    """In any currency; the report then tells what a run cost. 0: nothing, or unknown."""
    price_output: Float = Field(default=0, ge=0, title="Price of a million tokens of replies")
    """In the same currency."""

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        try:
            plain = _ADDRESS.fullmatch(value) and urlsplit(value).port != 0
        except ValueError:  # no port has this number
            plain = False
        if not plain:
            expected = "expected an http(s) address without user, password or query, such as http://127.0.0.1:11434/v1"
            raise PydanticCustomError(_SECRET, expected)
        return value

    @field_validator("model")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("expected the name of a model, as the endpoint knows it")
        return value

    @field_validator("api_key_env")
    @classmethod
    def _own_variable(cls, value: str) -> str:
        if not _KEY_VARIABLE.fullmatch(value):  # the value may be the key itself
            raise PydanticCustomError(_SECRET, "expected OPENAI_API_KEY or a name that begins with LANGKAH_LLM_")
        return value


class ParaphraseConfig(Section):
    """How many ways of asking are made, and which are admitted."""

    backend: Literal["frames", "local", "openai"] = Field(default="frames", title="Backend")
    """`frames` needs no model and no network; `local` asks a transformers instruct model on this machine; `openai` asks the
    endpoint of the section `llm`, which is sent scrubbed text only."""
    variants: Int = Field(default=3, ge=0, le=5, title="Paraphrases for each prompt")
    """The guide asks for 3-5; with the original prompt, an intent has one more. 0 keeps only originals."""
    balance: Literal["off", "topics"] = Field(default="off", title="Balance of topics")
    """`topics`: intents of rare topics get more paraphrases than `variants`, up to 5, as far as the filters admit them."""
    rounds: Int = Field(default=3, ge=1, le=10, title="Rounds of asking a language model")
    """An intent that is short after the filters is asked for again, so many times in all. Frames go on until none is left."""
    min_distance: Float = Field(default=0.25, ge=0, le=1, title="Least distance between two variants")
    """Normalized edit distance of words, 0 to 1, below which a variant is too close to another one of its intent."""
    min_bigrams: Float = Field(default=0.2, ge=0, le=1, title="Least distance of word pairs")
    """Jaccard distance of word bigrams, 0 to 1, below which a variant is too close to another one of its intent."""
    meaning: Literal["auto", "words", "embedding"] = Field(default="auto", title="How meaning is compared")
    """`words`: share of the original's content words, stemmed, that a variant keeps; `embedding`: cosine of sentence
    embeddings. `auto`: words for frames, which keep them by construction, and for Indonesian; embeddings for English variants
    of a language model."""
    embedding_model: str = Field(default="auto", title="Embedding model", examples=["models/multilingual-e5-small"])
    """A BERT-like sentence encoder (mean pooling): a local folder or hub id. `auto`: all-MiniLM-L6-v2, installed with Langkah,
    which knows English only. With `meaning: embedding` it judges every language."""
    min_similarity: Float = Field(default=0.7, ge=-1, le=1, title="Least cosine to the original")
    """Of sentence embeddings; a variant below it means something else. Measured for all-MiniLM-L6-v2: another model needs
    another value."""
    min_retention: Float = Field(default=0.7, ge=0, le=1, title="Least share of content words kept")
    """Weighted by how rare a word is among the prompts; a variant below it means something else."""
    local_model: str = Field(default="auto", title="Model of the backend local", examples=["Qwen/Qwen3-8B"])
    """`auto`: the run's base model; else as `train.base_model`. A model below 1B parameters hardly follows the instructions."""
    local_batch: Int = Field(default=16, ge=1, le=256, title="Prompts at once of the backend local")
    """Larger is faster and takes more memory."""


class ReviewConfig(Section):
    """Who approves what enters a dataset."""

    mode: Literal["auto", "app", "file"] = Field(default="auto", title="Who decides")
    """`auto`: rules only, flagged rows and drafts stay out. `app`: a person decides on the page that `langkah review` opens;
    the run waits. `file`: the same, in a spreadsheet that the run writes."""
    queues: tuple[Literal["record", "flagged", "draft", "variant"], ...] = Field(
        default=("record", "flagged", "draft", "variant"), min_length=1, title="What a person decides on"
    )
    """For the other kinds the rules decide: records and variants are in, flagged records and drafts are out."""
    app_url: str | None = Field(default=None, title="Address of the review page", examples=["https://review.example.com"])
    """The link where a run waits, for whoever is to review; None: the worker's LANGKAH_REVIEW_URL, else this machine's."""
    wait_days: Float = Field(default=30, gt=0, le=365, title="Longest wait of a deployed run, days")
    """Undecided after that, it fails; its decisions are kept for the next run."""
    database: str | None = Field(
        default=None, title="Database", examples=["postgresql+psycopg://langkah:${REVIEW_PASSWORD}@db/review"]
    )
    """SQLAlchemy URL of the review queue; None: the worker's LANGKAH_REVIEW_DATABASE, else SQLite, `review.db` in the
    workspace. `${NAME}` stands for an environment variable, so that no password stands in a settings file or in Prefect."""

    @field_validator("database")
    @classmethod
    def _no_password(cls, value: str | None) -> str | None:
        if value is not None and (problem := database_problem(value)):
            raise PydanticCustomError(_SECRET, "{problem}", {"problem": problem})
        return value


class SplitConfig(Section):
    """Which intents and variants are never trained on."""

    holdout: Float = Field(default=0.1, ge=0, le=0.5, title="Share of intents held out")
    """Whole groups of near-duplicate intents, by a stable hash."""
    near_duplicate: Float = Field(default=0.8, gt=0, le=1, title="Similarity of near-duplicates")
    """Jaccard similarity of word shingles, function words left out, from which two prompts or answers belong to one group."""
    seed: Int = Field(default=0, ge=0, title="Seed of the split")
    """Another seed, another hold-out."""


class ChatConfig(Section):
    """Chat format and what to do with examples that are too long."""

    max_length: Int | Literal["auto"] = Field(default="auto", title="Longest example, tokens")
    """Prompt and answer together. `auto`: the longest example rounded up to 64, at most the model's context and 2048."""
    too_long: Literal["truncate", "window", "filter"] = Field(default="truncate", title="Policy for longer ones")
    """`truncate` drops notes, then last steps (and then teaches no end token); `window` cuts overlapping windows of steps
    that repeat the prompt; `filter` leaves the example out. Each is counted in the report."""

    @field_validator("max_length")
    @classmethod
    def _in_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 32 <= value <= 131_072:
            raise ValueError("expected `auto` or 32 to 131072 tokens")
        return value


class TrainConfig(Section):
    """The LoRA recipe."""

    base_model: str = Field(default="auto", title="Base model", examples=["Qwen/Qwen3-8B"])
    """`auto`, a hub id, a local folder, or `smollm2-135m-instruct` (bundled). `auto` without CUDA is the bundled one."""
    backend: Literal["auto", "trl", "unsloth"] = Field(default="auto", title="Backend")
    """`auto`: Unsloth where CUDA and Unsloth are, TRL elsewhere."""
    load_in_4bit: bool | Literal["auto"] = Field(default="auto", title="QLoRA (4-bit NF4 base)")
    """`auto`: on with CUDA, off on a CPU, where LoRA in fp32 is faster and a small model fits anyway."""
    lora_r: Int = Field(default=16, ge=1, le=256, title="LoRA rank r")
    """Capacity of the adapter; the guide's 16 or 32."""
    lora_alpha: Int = Field(default=32, ge=1, le=512, title="LoRA alpha")
    """Strength of the adapter; r or 2r."""
    lora_dropout: Float = Field(default=0.0, ge=0, lt=1, title="LoRA dropout")
    """0 is what Unsloth's fast path needs."""
    learning_rate: Float | Literal["auto"] = Field(default="auto", title="Learning rate")
    """`auto`: 2e-4 from 1B parameters on, 1e-3 below."""
    num_train_epochs: Float = Field(default=3, gt=0, le=100, title="Epochs")
    """How often the model sees each example; the guide's 1-3."""
    per_device_batch_size: Int | Literal["auto"] = Field(default="auto", title="Batch size for each device, examples")
    """`auto`: 8 on a CPU, 2 on a GPU. Larger is faster and takes more memory."""
    gradient_accumulation_steps: Int | Literal["auto"] = Field(default="auto", title="Gradient accumulation, batches")
    """Effective batch size = batch size x accumulation x devices. `auto` makes it 8."""
    warmup_ratio: Float = Field(default=0.05, ge=0, le=0.5, title="Warm-up, share of all steps")
    """The guide's 5-10 %."""
    weight_decay: Float = Field(default=0.01, ge=0, le=0.1, title="Weight decay")
    """The guide's 0.01, at most 0.1."""
    validation: Float = Field(default=0.1, ge=0, le=0.5, title="Share of intents watched while training")
    """One training variant of each of them gives the validation loss, and is not trained on; never eval, never hold-out."""
    seed: Int = Field(default=0, ge=0, title="Seed of weights and data order")
    """Same seed, same machine: same adapter."""
    threads: Int | Literal["auto"] = Field(default="auto", title="CPU threads")
    """`auto`: the cores this process may use."""
    timeout_minutes: Float = Field(default=24 * 60, gt=0, title="Time-out, minutes")
    """The training child is ended after it; its last checkpoint stays for the next run."""

    @field_validator("learning_rate")
    @classmethod
    def _rate_in_range(cls, value: float | str) -> float | str:
        if isinstance(value, float) and not 0 < value <= 0.1:
            raise ValueError("expected `auto` or a number above 0 and up to 0.1")
        return value

    @field_validator("per_device_batch_size", "gradient_accumulation_steps", "threads")
    @classmethod
    def _positive(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= 4096:
            raise ValueError("expected `auto` or 1 to 4096")
        return value


class EvaluateConfig(Section):
    """How answers are generated and scored."""

    batch_size: Int = Field(default=32, ge=1, le=1024, title="Generation batch, prompts")
    """Prompts of like length go together."""
    max_new_tokens: Int | Literal["auto"] = Field(default="auto", title="Longest generated answer, tokens")
    """`auto`: the 99th percentile of the training answers, and a tenth more."""
    resamples: Int = Field(default=10_000, ge=100, le=1_000_000, title="Bootstrap resamples")
    """For the confidence intervals, clustered by intent."""
    seed: Int = Field(default=0, ge=0, title="Seed of the bootstrap")
    """Same seed, same intervals."""

    @field_validator("max_new_tokens")
    @classmethod
    def _in_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= 32_768:
            raise ValueError("expected `auto` or 1 to 32768 tokens")
        return value


class GateConfig(Section):
    """What a tuned model must reach to be called better."""

    min_gain: Float = Field(default=0.0, ge=-1, le=1, title="Least gain in ROUGE-L over the base, eval slice")
    """The lower end of the 95 % interval of the gain must be above it: a model that answers alike is not better."""
    max_holdout_drop: Float = Field(default=0.05, ge=0, le=1, title="Largest drop in ROUGE-L on the hold-out")
    """The tuned model's mean may fall below the base's by no more."""


class RunConfig(Section):
    """All settings of a run."""

    sources: SourcesConfig = Field(default=SourcesConfig(), title="Sources")
    ingest: IngestConfig = Field(default=IngestConfig(), title="Ingest")
    structure: StructureConfig = Field(default=StructureConfig(), title="Steps")
    llm: LlmConfig = Field(default=LlmConfig(), title="Language model for drafts")
    pii: PiiConfig = Field(default=PiiConfig(), title="Personal data")
    paraphrase: ParaphraseConfig = Field(default=ParaphraseConfig(), title="Paraphrase")
    review: ReviewConfig = Field(default=ReviewConfig(), title="Review")
    split: SplitConfig = Field(default=SplitConfig(), title="Split")
    chat: ChatConfig = Field(default=ChatConfig(), title="Chat format and lengths")
    train: TrainConfig = Field(default=TrainConfig(), title="Train")
    evaluate: EvaluateConfig = Field(default=EvaluateConfig(), title="Evaluate")
    gate: GateConfig = Field(default=GateConfig(), title="Gate")
    runner: Literal["thread"] = Field(default="thread", title="Task runner")
    """How tasks that can run side by side are run: threads of one process."""


EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


def load_config(path: Path | None = None, settings: Sequence[str] = ()) -> RunConfig:
    """Build the settings of a run from a YAML file and `section.key=value` settings, which win.

    Args:
        path: a YAML file of sections, as in `deployments/runs/`.
        settings: the values of `--set`, each read as YAML (`3`, `1e-3`, `auto`, `[a, b]`).

    Raises:
        ConfigError: with every problem at once, one line each.
    """
    tree: dict[str, Any] = _read_yaml(path) if path else {}
    problems: list[str] = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        names = key.strip().split(".")
        if not equals or not all(names):
            problems.append(f"--set {key}: expected section.key=value")
            continue
        node = tree
        for name in names[:-1]:
            child = node.setdefault(name, {})
            if not isinstance(child, dict):
                problems.append(f"--set {key}: {name} is not a section")
                break
            node = child
        else:
            node[names[-1]] = _scalar(key, text)
    if problems:
        raise ConfigError(*problems)
    return parse_config(tree, where=str(path) if path else "settings")


def parse_config(tree: Mapping[str, Any], where: str = "settings") -> RunConfig:
    """Validate a tree of settings.

    Raises:
        ConfigError: with every problem at once, one line each, naming `where`.
    """
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(*_lines(error, where)) from None


_BRANCH: Final = re.compile(r"int|float|bool|str|literal\[.*|constrained-.*|function-.*|nullable.*|tagged-.*")
"""How pydantic names the branch of a union in the place of an error."""


def _lines(error: ValidationError, where: str) -> list[str]:
    """One line for each setting that is wrong (a union's branches fold into one line)."""
    found: dict[str, list[str]] = {}
    for problem in error.errors():
        names = [str(part) for part in problem["loc"]]
        place = ".".join(name for name in names if not _BRANCH.fullmatch(name))
        if problem["type"] == "extra_forbidden":
            place = ".".join(names)
            message = "unknown setting" + _suggest(names)
        else:
            message = problem["msg"].removeprefix("Value error, ")
            message = message[:1].lower() + message[1:] if not message.startswith("`") else message
            if problem["type"] != _SECRET and not isinstance(problem["input"], (dict, list)):
                message += f", got {problem['input']!r}"
        found.setdefault(place, []).append(message)
    return [f"{where}: {place}: {' or '.join(dict.fromkeys(messages))}" for place, messages in found.items()]


def _suggest(names: Sequence[str]) -> str:
    """Name the nearest known setting."""
    known: list[str] = []
    for section, field in RunConfig.model_fields.items():
        known.append(section)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            known.extend(f"{section}.{name}" for name in field.annotation.model_fields)
    near = difflib.get_close_matches(".".join(names), known, n=1)
    return f" (did you mean {near[0]}?)" if near else f" (sections: {', '.join(RunConfig.model_fields)})"


_BAD_YAML: Final = (yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
"""What PyYAML raises for text that is none: its own errors, and those of Python for `2024-13-45`, `!!bool x` or `!!int ""`."""


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads `1e-3` as text; everyone who writes a learning rate means a number."""


_Loader.yaml_implicit_resolvers = {key: list(value) for key, value in yaml.SafeLoader.yaml_implicit_resolvers.items()}
for _first in "-+0123456789.":
    _Loader.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"))
    )


def _scalar(key: str, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except _BAD_YAML:
        return text
    except RecursionError:
        raise ConfigError(f"--set {key}: nested too deeply") from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such config file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: expected a YAML file, got a folder") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(f"{path}: line {line}: not valid YAML: {_one_line(error.problem)}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigError(f"{path}: not valid YAML: {error.reason} at position {error.position}") from None
    except _BAD_YAML as error:
        raise ConfigError(f"{path}: not valid YAML: {_one_line(error)}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid YAML: nested too deeply") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: expected a YAML file of sections (`train:`, `ingest:` ...), as in deployments/runs/")
    return tree


def _one_line(said: object) -> str:
    return " ".join(str(said).split())
