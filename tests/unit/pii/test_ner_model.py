from __future__ import annotations

from langkah.pii import check_ner_model


def test_the_installed_weights_are_the_official_ones():
    assert check_ner_model() is None


def test_other_or_missing_weights_are_named(tmp_path):
    assert "ner/model cannot be read" in str(check_ner_model(tmp_path))
    (tmp_path / "ner").mkdir()
    (tmp_path / "ner" / "model").write_bytes(b"other")
    assert "ner/model has sha256" in str(check_ner_model(tmp_path))
