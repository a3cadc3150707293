"""What METEOR knows of a language: its words, and their stems and synonyms."""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from typing import Any, Final

from langkah.errors import ResourceError
from langkah.evaluation.wordnet import THESAURUS, WORDNET, check_wordnet, default_target

_LETTER: Final = re.compile("[a-z-]")
_DIGITS: Final = re.compile("[0-9]+")
REMEDY: Final = "run `make setup` (`langkah doctor` says what is missing)"


def words(text: str) -> list[str]:
    """The words and signs that METEOR compares, lower-cased: nltk's `word_tokenize(text, preserve_line=True)`."""
    import nltk.tokenize

    tokenizer: Any = nltk.tokenize
    return [word.lower() for word in tokenizer.word_tokenize(text, preserve_line=True)]


class Lexicon(ABC):
    """Stems and synonyms of one language, kept once found; shared by threads."""

    def __init__(self) -> None:
        self._stems: dict[str, str] = {}
        self._synonyms: dict[tuple[str, str], frozenset[str]] = {}
        self._lock = threading.RLock()  # nltk's reader seeks in one open file

    def stem(self, word: str) -> str:
        """The stem of a lower-cased word."""
        found = self._stems.get(word)
        if found is None:
            with self._lock:
                found = self._stems[word] = self._find_stem(word)
        return found

    def synonyms(self, word: str, stem: str) -> frozenset[str]:
        """What the stem of a reference's word may be to match this word; its own stem is one."""
        key = (word, stem)
        found = self._synonyms.get(key)
        if found is None:
            with self._lock:
                found = self._synonyms[key] = self._find_synonyms(word, stem) | {stem}
        return found

    @abstractmethod
    def _find_stem(self, word: str) -> str: ...

    @abstractmethod
    def _find_synonyms(self, word: str, stem: str) -> frozenset[str]: ...


class _English(Lexicon):
    """nltk's defaults: Porter's stemmer, and WordNet looked up by stem."""

    def __init__(self) -> None:
        super().__init__()
        from nltk.stem.porter import PorterStemmer

        self._stemmer: Any = PorterStemmer()
        self._wordnet: Any = _load_wordnet(_find_word_data() / WORDNET)

    def _find_stem(self, word: str) -> str:
        return self._stemmer.stem(word)

    def _find_synonyms(self, word: str, stem: str) -> frozenset[str]:
        return frozenset(
            name
            for synset in self._wordnet.synsets(stem)
            for name in (str(lemma.name()) for lemma in synset.lemmas())
            if "_" not in name
        )


class _Indonesian(Lexicon):
    """Sastrawi's stemmer, and the thesaurus looked up by word, else by stem; its words are compared by stem."""

    def __init__(self) -> None:
        super().__init__()
        from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

        self._stemmer: Any = StemmerFactory().create_stemmer()
        self._thesaurus = _read_thesaurus(_find_word_data() / THESAURUS)

    def _find_stem(self, word: str) -> str:
        if not _LETTER.search(word):  # what Sastrawi comes to, without looking for affixes of a number
            return " ".join(_DIGITS.findall(word)) or word
        # Sastrawi drops all but ASCII letters, digits and hyphens: a sign or a foreign script stays as it is.
        return str(self._stemmer.stem(word)) or word

    def _find_synonyms(self, word: str, stem: str) -> frozenset[str]:
        names = self._thesaurus.get(word) or self._thesaurus.get(stem) or ()
        return frozenset(self.stem(name) for name in names)


class _ExactWords(Lexicon):
    """A language of which nothing is known."""

    def _find_stem(self, word: str) -> str:
        return word

    def _find_synonyms(self, word: str, stem: str) -> frozenset[str]:
        return frozenset()


_LOADING: Final = threading.Lock()


@cache
def _loaded(kind: str) -> Lexicon:
    return {"en": _English, "id": _Indonesian, "other": _ExactWords}[kind]()


def lexicon_of(kind: str) -> Lexicon:
    """The lexicon of `en`, `id` or `other`, loaded once in a process.

    Raises:
        ResourceError: its word data are not installed.
    """
    with _LOADING:  # two threads at first use would load twice, and nltk's lazy loader breaks
        return _loaded(kind)


def _find_word_data() -> Path:
    """Find the folder that holds the recorded word data, checked by their sha256.

    It is the one of this environment; only where that has none, the first one on nltk's data path with the same files.
    Another WordNet in NLTK_DATA or the home folder would give other scores, so it is never read.

    Raises:
        ResourceError: there are none, or this environment's are damaged.
    """
    own = default_target()
    problem = check_wordnet(own)
    if problem is None:
        return own
    if (own / WORDNET).exists() or (own / THESAURUS).exists():
        raise ResourceError(f"METEOR cannot use its word data: {problem}")
    import nltk.data

    data: Any = nltk.data
    folders: list[str] = list(data.path)
    for folder in folders:
        if folder and check_wordnet(Path(folder)) is None:
            return Path(folder)
    raise ResourceError(f"METEOR needs {WORDNET} and {THESAURUS} in {own}: {REMEDY}")


def _load_wordnet(folder: Path) -> Any:
    """nltk's WordNet reader of this very folder: `nltk.corpus.wordnet` takes the first one on its path.

    Raises:
        ResourceError: WordNet cannot be read.
    """
    from nltk.corpus.reader.api import CorpusReader
    from nltk.corpus.reader.wordnet import WordNetCorpusReader
    from nltk.corpus.util import LazyCorpusLoader

    other_languages: Any = LazyCorpusLoader("omw-1.4", CorpusReader, r".*")  # never loaded: English asks for none
    try:
        return WordNetCorpusReader(str(folder), other_languages)
    except Exception as error:
        # nltk raises a LookupError, OSError, AssertionError or its own error, by what is wrong with the files.
        raise ResourceError(f"WordNet cannot be read ({type(error).__name__}): {REMEDY}") from None


def _read_thesaurus(path: Path) -> dict[str, tuple[str, ...]]:
    """The synonyms of each word in a MyThes file, without antonyms and without phrases.

    The first line is the encoding; an entry is `word|n` and then n lines `[kind]|synonym|...`.

    Raises:
        ResourceError: the file is not of this form.
    """
    try:
        encoding, *lines = path.read_bytes().splitlines()
        table: dict[str, tuple[str, ...]] = {}
        rows = iter(line.decode(encoding.decode("ascii")).lower() for line in lines)
        for row in rows:
            word, _, count = row.rpartition("|")
            names: dict[str, None] = dict.fromkeys(table.get(word, ()))
            for _ in range(int(count)):
                kind, *synonyms = next(rows).split("|")
                if kind != "[ant]":
                    names.update(dict.fromkeys(name for name in synonyms if name and " " not in name))
            table[word] = tuple(names)
    except (OSError, ValueError, LookupError, StopIteration, UnicodeError):
        raise ResourceError(f"{path} is not a thesaurus in the MyThes form: {REMEDY}") from None
    return table
