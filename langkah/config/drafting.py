"""What is written beside the originals: steps for answers without them, other ways of asking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from langkah.config.sections import Float, Int, Section


class StructureConfig(Section):
    """Which answers are procedures, and what becomes of the others."""

    max_steps: Int = Field(default=25, ge=1, le=500, title="Most steps of an answer")
    """A longer one is flagged for review."""
    restructure: Literal["off", "llm"] = Field(default="off", title="Restructure raw answers")
    """`llm`: an answer without explicit steps is rewritten as a draft that only review can admit; `off`: it is flagged."""


class ParaphraseConfig(Section):
    """How many ways of asking are made, and which are admitted."""

    form = ("variants",)

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
