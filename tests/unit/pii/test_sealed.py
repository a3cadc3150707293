from __future__ import annotations

import json
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from langkah.config import PiiConfig
from langkah.errors import ConfigError, InputError
from langkah.pii import Scrubber, SealedRows, restore
from langkah.pii.sealed import KEY_VARIABLE, check_key, seal, unseal

RECORD = ({"prompt": "I am John Smith", "output": "1. Write to john@x.org."}, "en")


@pytest.fixture
def key(monkeypatch):
    value = Fernet.generate_key().decode()
    monkeypatch.setenv(KEY_VARIABLE, value)
    return value


@pytest.fixture
def rows():
    found = next(Scrubber(PiiConfig(vault=True)).scrub_many([RECORD]))
    return [("faq.csv", 3, found), ("faq.csv", 4, next(Scrubber().scrub_many([({"prompt": "How?"}, "en")])))]


def test_the_originals_come_back_with_the_key_and_only_with_it(key, rows, tmp_path, monkeypatch):
    path = tmp_path / "vault" / "a.sealed"
    assert seal(path, rows) == 2
    assert b"Smith" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    expected = [{"field": "prompt", "placeholder": "[NAME]", "value": "John Smith"},
                {"field": "output", "placeholder": "[EMAIL]", "value": "john@x.org"}]  # fmt: skip
    assert list(unseal(path)) == [{"file": "faq.csv", "row": 3, "originals": expected}]
    monkeypatch.setenv(KEY_VARIABLE, f"{Fernet.generate_key().decode()}, {key}")
    assert len(list(unseal(path))) == 1
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    with pytest.raises(InputError, match="another key"):
        list(unseal(path))


def test_a_changed_byte_is_seen(key, rows, tmp_path):
    seal(tmp_path / "a.sealed", rows)
    data = bytearray((tmp_path / "a.sealed").read_bytes())
    data[40] ^= 1
    (tmp_path / "a.sealed").write_bytes(data)
    with pytest.raises(InputError, match="line 1"):
        list(unseal(tmp_path / "a.sealed"))


@pytest.mark.parametrize("value", [None, "", "password", "x" * 44])
def test_no_key(value, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(KEY_VARIABLE, value)
    with pytest.raises(ConfigError, match=KEY_VARIABLE) as caught:
        check_key()
    assert not value or value not in str(caught.value)


def test_the_module_prints_them(key, rows, tmp_path):
    seal(tmp_path / "a.sealed", rows)
    module = [sys.executable, "-m", "langkah.pii.sealed"]
    done = subprocess.run([*module, tmp_path / "a.sealed"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["row"] == 3
    missing = subprocess.run([*module, tmp_path / "b.sealed"], capture_output=True, text=True, check=False)
    assert (missing.returncode, "b.sealed" in missing.stderr, "Traceback" in missing.stderr) == (2, True, False)


def test_a_row_is_looked_up_by_its_place_and_its_text_restored(key, tmp_path):
    texts = {"prompt": "Sue Miller here, Sue: is [NAME] me?", "output": "1. Tell Sue Miller.\n2. Ask John Smith."}
    found = next(Scrubber(PiiConfig(vault=True)).scrub_many([(texts, "en")]))
    by_source = next(Scrubber(PiiConfig(vault=True)).scrub_many([({"prompt": "How?", "source": "mail of John Smith"}, "en")]))
    seal(tmp_path / "a.sealed", [("faq.csv", 3, by_source), ("faq.csv", 4, found)])
    rows = SealedRows(tmp_path / "a.sealed")
    assert ("faq.csv", 4) in rows and ("faq.csv", 3) not in rows and ("other.csv", 4) not in rows
    assert "Sue" not in repr(vars(rows))
    for field, text in texts.items():
        pieces = list(restore(found.fields[field], field, rows.originals("faq.csv", 4)))
        assert "".join(piece for piece, _ in pieces) == text
        assert [piece for piece, original in pieces if original]
    seal(tmp_path / "a.sealed", [("faq.csv", 9, found), ("faq.csv", 8, found)])
    assert not rows.fresh()
    with pytest.raises(InputError, match="changed since"):
        rows.originals("faq.csv", 4)
