"""Which FAQs were trained on last, for each name under which sources are watched."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from langkah.artifacts import ArtifactRef
from langkah.errors import ArtifactError
from langkah.records import Record
from langkah.registry.entries import DIGEST
from langkah.whole_files import whole_file


class TrainedFaqs(Record):
    """What the last re-training under a name knew."""

    faqs: str = Field(pattern=DIGEST, description="the `faqs` artifact with their fingerprints")
    by: str = Field(description="the run that trained on them")
    at: str = Field(description="UTC, ISO 8601")

    @property
    def ref(self) -> ArtifactRef:
        """The fingerprints."""
        return ArtifactRef.of("faqs", self.faqs)


def read_trained(folder: Path, name: str) -> TrainedFaqs | None:
    """Return what was trained on last under `name`; None: nothing yet.

    Raises:
        ArtifactError: the note is damaged.
    """
    path = folder / f"{name}.json"
    try:
        return TrainedFaqs.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise ArtifactError(f"{path}: damaged; remove it, and the next re-training starts with all FAQs") from None


def note_trained(folder: Path, name: str, trained: TrainedFaqs) -> None:
    """Put a note into the place of the last one; a reader never sees a half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / f"{name}.json") as draft:
        draft.write_text(trained.model_dump_json(indent=1) + "\n", encoding="utf-8")
