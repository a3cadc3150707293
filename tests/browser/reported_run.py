"""A run as its report shows it: refused against the champion, rated by two, with answers in two languages."""

from __future__ import annotations

from typing import Any

from rated_items import CLARITY, PAY, RETURN, SYSTEMS

from langkah.config import EvaluateConfig
from langkah.evaluation import step_diff, summarize_ratings
from langkah.evaluation.report_data import ReportData
from langkah.rated_answers import CRITERIA, RatedAnswer

RATINGS = [
    RatedAnswer(
        rater=rater, item=item.key, row=item.row, intent=item.intent, slice=item.slice, drawn=item.drawn, system=system,
        **{**dict.fromkeys(CRITERIA, 3), "clarity": clarity},
    )
    for rater, given in CLARITY.items() for item in (RETURN, PAY)
    for system, clarity in zip(SYSTEMS, given[item.key], strict=True)
]  # fmt: skip
REASON = "On new wordings ROUGE-L changed by −0.110 against the champion. Compared: 24 answers of 12 intents."


def _answer(number: int) -> dict[str, Any]:
    """The worst is number 0; every third is a hold-out in Indonesian, every fourth worse than the base."""
    of = PAY if number % 3 == 0 else RETURN
    tuned = of.answers["tuned"] if number % 2 else "1. Do something else.\n2. Then wait."
    return {
        "slice": of.slice, "intent": f"faq:{number}", "language": of.language, "prompt": f"{of.prompt[:-1]}, case {number}?",
        "reference": of.answers["reference"], "base": of.answers["base"], "tuned": tuned,
        "champion": of.answers["tuned"], "champion_rouge_l": 0.5,
        "tuned_rouge_l": 0.05 + 0.025 * number, "base_rouge_l": 0.9 if number % 4 == 0 else 0.01,
        "steps": step_diff(tuned, of.answers["reference"], of.language),
    }  # fmt: skip


def _scores(value: float, n: int) -> dict[str, Any]:
    ends = {f"{name}_ci": (value - 0.05, value + 0.05) for name in ("rouge_l", "meteor", "step_recall")}
    return {"n": n, "rouge_l": value, "meteor": value, "step_recall": value, "step_precision": value, "numbered": 1.0, **ends}


def reported() -> ReportData:
    """All parts are there, and the longest names that a run has."""
    gain = {"difference": -0.11, "ci": (-0.2, -0.02), "p": 0.01, "p_adjusted": 0.02, "detectable": 0.07, "n": 24, "intents": 12}
    digests = [f"{number:064x}" for number in range(1, 5)]
    versions = {"torch": "2.13.0+cpu", "transformers": "5.17.0", "presidio-analyzer": "2.2.366", "python-stdnum": "2.2"}
    return ReportData.model_validate({
        "title": "smollm2-135m-instruct: tuned against base", "run_id": "scores/4ab2de03b3f3",
        "created": "2026-11-27T08:26:14+07:00",
        "verdict": {"passed": False, "against": "champion", "rules": [
            {"name": "eval_rouge_l_gain_low", "passed": False, "value": -0.2, "limit": 0.0, "meaning": REASON},
            {"name": "ended", "passed": True, "value": 1.0, "limit": 0.8, "meaning": "The model ended 36 of 36 answers."},
        ]},
        "metrics": {
            "base": {"eval": _scores(0.2, 24), "holdout": _scores(0.1, 12)},
            "tuned": {"eval": _scores(0.5, 24), "holdout": _scores(0.7, 12)},
        },
        "gains": {name: {"rouge_l": {**gain, "difference": 0.3, "ci": (0.2, 0.4)}} for name in ("eval", "holdout")},
        "champion": {
            "compared": {"eval": 24, "holdout": 12}, "left_out": {"trained on by either": 4},
            "gains": {"eval": {"rouge_l": gain}},
            "fallen": [{"intent": "tokoria-help/orders#order-change-address", "before": 0.81, "after": 0.42, "n": 3}],
        },
        "ratings": summarize_ratings(RATINGS, {}, EvaluateConfig(resamples=200)),
        "answers": [_answer(number) for number in range(36)],
        "loss": [
            {"step": step, "epoch": step / 8, "loss": 3 - step / 10, **({} if step % 4 else {"eval_loss": 3 - step / 11})}
            for step in range(1, 17)
        ],
        "lengths": {"tokens": [[0, 64, 3], [64, 128, 9], [128, 192, 1]], "max_length": 128, "recommended": 192, "longest": 150},
        "procedural": {"bins": [[0, 0.4, 3], [0.4, 0.8, 8], [0.8, 1, 34]], "threshold": 0.4},
        "rows": {"in": 46, "kept": 40, "rejected": 3, "duplicate": 2, "flagged": 1, "intents": 40, "train": 108},
        "rejects": [["flagged: the question does not say what the user wants to do", 3]],
        "pii": {"PERSON": {"en": 7, "id": 5}, "EMAIL_ADDRESS": {"en": 4}},
        "steps": [{"name": "train (adapter)", "state": "Completed", "seconds": 164.2}],
        "lineage": [
            {"kind": kind, "digest": digest, "parents": digests[:number], "created": "today", "versions": versions}
            for number, (kind, digest) in enumerate(zip(("records", "dataset", "adapter", "scores"), digests, strict=True))
        ],
        "settings": {"train.lora_r": 16, "review.database": None, "pii.entities": ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER")},
        "training": {
            "base_model": "smollm2-135m-instruct", "device": "AMD EPYC, 2 threads", "steps": 16, "seconds": 164.2,
            "learning": {"verdict": "overfitting", "evidence": "validation loss rose", "forgetting": "2.1 before, 2.9 after.",
                         "forgot": True, "remedies": [["train.num_train_epochs=1", "it was best then"]]},
        },
    })  # fmt: skip
