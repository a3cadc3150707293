"""Which column is which: the names that a prompt, an output and what goes with them have in people's files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from langkah.config import ColumnsConfig

ALIASES: Final = MappingProxyType(
    {
        "prompt": ("prompt", "question", "instruction", "pertanyaan", "query", "tanya", "soal"),
        "output": ("output", "answer", "response", "jawaban", "jawab", "completion"),
        "id": ("id",),
        "source": ("source",),
        "language": ("language",),
    }
)
"""Names of each column, compared without case and outer space; where several are there, the first one here counts."""

PAIRS: Final = (("q", "a"), ("input", "completion"), ("input", "output"), ("input", "response"))
"""Names that mean prompt and output only side by side: beside an `instruction`, an `input` is something else."""

_USUAL: Final = """
    category kategori subcategory subkategori title judul subject subjek heading name nama url uri link tautan date tanggal
    created created_at updated updated_at modified timestamp time waktu tags tag label labels topic topik theme tema
    intent intents author penulis section bagian chapter bab group grup product produk department departemen channel kanal
    reply replies balasan text teks content konten isi body message pesan steps langkah langkah-langkah procedure prosedur
    summary ringkasan description deskripsi context konteks notes note catatan comment comments komentar keyword keywords
    kata_kunci lang bahasa locale no no. nr num number nomor index indeks row baris key kode code uuid guid faq_id
    question_id answer_id doc_id status type tipe jenis kind version versi priority prioritas rating score skor views
    answers responses questions prompts outputs instructions input completion query q a tanya jawab soal
    user assistant system role sumber file filename page halaman
    """
"""What else columns are often called, split at blanks; a header with a name beyond these is not told."""

AS_NAMED: Final = ColumnsConfig()
"""No mapping: the columns are found by their names."""


class Columns(NamedTuple):
    """The name in the file of each column that Langkah reads; None where the file has none."""

    prompt: str | None = None
    output: str | None = None
    id: str | None = None
    source: str | None = None
    language: str | None = None


def find_columns(names: Iterable[str], mapping: ColumnsConfig = AS_NAMED) -> Columns:
    """Find the columns among a file's own names: those of `mapping` where it has any, else by `ALIASES` and `PAIRS`."""
    return _found(tuple(names), tuple(mapping_of(mapping).items()))


@lru_cache(maxsize=256)  # the rows of a file have the same names
def _found(names: tuple[str, ...], mapped: tuple[tuple[str, str], ...]) -> Columns:
    mapping = dict(mapped)
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(_folded(name), name)
    found: dict[str, str | None] = {}
    for role, aliases in ALIASES.items():
        wanted = mapping.get(role)
        found[role] = next((by_name[name] for name in ([_folded(wanted)] if wanted else aliases) if name in by_name), None)
    for prompt, output in PAIRS:
        fits = found["output"] in (None, by_name.get(output)) and prompt in by_name and output in by_name
        if fits and found["prompt"] is None and "prompt" not in mapping and ("output" not in mapping or found["output"]):
            found.update(prompt=by_name[prompt], output=by_name[output])
    return Columns(**found)


def missing_columns(names: Sequence[str], mapping: ColumnsConfig = AS_NAMED) -> str | None:
    """What is wrong with a header, in words; None if prompt and output are there, once each, and all that is mapped.

    The header's names are told only where each is a usual one: the first row of a file without header is a record.
    """
    folded = [_folded(name) for name in names]
    mapped = {_folded(wanted) for wanted in mapping_of(mapping).values()}
    known = {alias for aliases in ALIASES.values() for alias in aliases} | mapped
    for name in dict.fromkeys(folded):
        if name in known and folded.count(name) > 1:
            return f"two columns named {name}"
    columns = find_columns(names, mapping)
    lost = [
        f"sources.columns.{role} is {wanted!r}" for role, wanted in mapping_of(mapping).items() if not getattr(columns, role)
    ]
    missing = [role for role in ("prompt", "output") if getattr(columns, role) is None and not getattr(mapping, role)]
    if not missing and not lost:
        return None
    wanted = " and ".join(f"a column {role} ({', '.join(ALIASES[role][1:])})" for role in missing)
    expected = "; ".join([*([f"expected {wanted}"] if missing else []), *(f"{each}, which the file lacks" for each in lost)])
    filled = [name.strip() for name in names if name.strip()]
    if not filled or any(name not in known.union(_USUAL.split()) for name in folded if name):
        cells = "1 cell" if len(names) == 1 else f"{len(names)} cells"
        return f"{expected}, got a first line of {cells} that is no header Langkah knows"
    return f"{expected}, found: {', '.join(filled)}"


def unfound(rows: Iterable[Iterable[str]], mapping: ColumnsConfig) -> str | None:
    """What is wrong with a mapping for rows that each have names of their own (JSON); None where some row has each name."""
    wanted = mapping_of(mapping)
    if not wanted:
        return None
    seen = {_folded(name) for names in rows for name in names}
    lost = [
        f"sources.columns.{role} is {name!r}, which no row has" for role, name in wanted.items() if _folded(name) not in seen
    ]
    return "; ".join(lost) or None


def mapping_of(mapping: ColumnsConfig) -> dict[str, str]:
    """The columns that are mapped, by role."""
    return {role: wanted for role in ALIASES if (wanted := getattr(mapping, role))}


def unique_names(names: Sequence[str]) -> list[str]:
    """A header's names as keys: an empty or repeated one gets its place added, so that no cell is lost."""
    keys: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        key = name.strip()
        if not key or key in keys:
            key = f"{key or 'column'}_{place}"
        while key in keys:
            key += "_"
        keys[key] = None
    return list(keys)


def _folded(name: str) -> str:
    return name.strip().casefold()
