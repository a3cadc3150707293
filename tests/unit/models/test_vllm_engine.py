from __future__ import annotations

import importlib.util

import pytest
import torch

from langkah.errors import ConfigError
from langkah.models.greedy import NOT_FINITE, Decoded
from langkah.models.vllm_engine import check_backend, choose_backend, decoded_of

HERE = importlib.util.find_spec("vllm") is not None and torch.cuda.is_available()


def test_auto_is_transformers_unless_vllm_can_run() -> None:
    assert choose_backend("auto") == ("vllm" if HERE else "transformers")
    assert choose_backend("transformers") == "transformers"


@pytest.mark.skipif(HERE, reason="vLLM can run here")
def test_vllm_where_it_cannot_run_is_refused_with_what_to_set() -> None:
    with pytest.raises(ConfigError, match=r"evaluate\.backend=vllm: .*evaluate\.backend=transformers"):
        choose_backend("vllm")
    assert len(check_backend("vllm")) == 1
    assert check_backend("auto") == check_backend("transformers") == []


def test_an_answer_is_cut_at_its_end_token_and_one_whose_probability_is_no_number_has_failed() -> None:
    ends = frozenset({2, 3})
    assert decoded_of([7, 8, 3], -1.5, ends) == Decoded((7, 8), True)
    assert decoded_of([7, 8], -1.5, ends) == Decoded((7, 8), False)
    assert decoded_of([2], 0.0, ends) == Decoded((), True)
    for broken in (float("nan"), float("-inf"), float("inf"), None):
        assert decoded_of([7, 2], broken, ends) == Decoded((), False, NOT_FINITE)
