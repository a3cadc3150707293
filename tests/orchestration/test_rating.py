"""A run's answers are put to people, and the same run again has their ratings in its report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from artifacts_shown import shown

from flows.cli import run_command
from flows.finetune import finetune
from langkah.artifacts import ArtifactRef, Workspace, use_workspace
from langkah.artifacts.payload_names import ANSWERS, SCORES
from langkah.config import EvaluateConfig, RateConfig, RunConfig
from langkah.errors import ArtifactError
from langkah.evaluation import score_rows
from langkah.rated_answers import CRITERIA, RatedAnswer
from langkah.records import Answer
from langkah.review import RatingQueue, ReviewQueue
from tasks.rating import RATE, RATINGS, rating_items, read_ratings


def test_scores_of_another_version_are_named(tmp_path: Path) -> None:
    workspace, scores = Workspace.open(tmp_path), ArtifactRef.of("scores", "a" * 64)
    told = {"answers": {"tuned": "b" * 64}, "rows": {"tuned": [{"intent": "faq:1"}]}}
    for ref, name, text in ((scores, SCORES, json.dumps(told)), (ArtifactRef.of("answers", "b" * 64), ANSWERS, "")):
        workspace.store.folder(ref).mkdir(parents=True)
        (workspace.store.folder(ref) / name).write_text(text)
    with use_workspace(workspace), pytest.raises(ArtifactError, match=r"^scores/a+: of another version of Langkah; run again$"):
        rating_items(scores, RateConfig())


def test_what_the_opponent_failed_to_answer_is_not_asked_about(tmp_path: Path) -> None:
    workspace, scores = Workspace.open(tmp_path), ArtifactRef.of("scores", "a" * 64)
    reasons: dict[str, list[str | None]] = {"base": [None, "out of memory", None], "tuned": [None, None, "out of memory"]}
    said = "1. Turn the key."
    answers = {
        name: [
            Answer(
                slice="eval", intent=f"i{place}", language="en", prompt=f"How {place}?", reference="1. Turn the key.",
                prediction="" if failed else said, ended=not failed, failed=failed,
            )
            for place, failed in enumerate(found)
        ]
        for name, found in reasons.items()
    }  # fmt: skip
    refs = {"base": "b" * 64, "tuned": "c" * 64}
    rows = {name: [row.model_dump() for row in score_rows(found)] for name, found in answers.items()}
    files = {scores: (SCORES, json.dumps({"answers": refs, "rows": rows}))}
    for name, digest in refs.items():
        files[ArtifactRef.of("answers", digest)] = (ANSWERS, "\n".join(each.model_dump_json() for each in answers[name]))
    for ref, (name, text) in files.items():
        workspace.store.folder(ref).mkdir(parents=True)
        (workspace.store.folder(ref) / name).write_text(text)
    with use_workspace(workspace):
        items = rating_items(scores, RateConfig())
        assert [(item.row, dict(item.answers)) for item in items] == [
            (0, {"base": said, "tuned": said, "reference": said}), (2, {"base": said, "tuned": "", "reference": said}),
        ]  # fmt: skip
        # An answer that was never made tells nothing of a measure: here the lowest would go with the lowest.
        ratings = [
            RatedAnswer(
                rater="a", item=f"{item.row} {copy}", row=item.row, intent=f"faq {copy}", slice="eval", drawn="random",
                system="tuned", **dict.fromkeys(CRITERIA, 5 if item.row == 0 else 1),
            )
            for copy in range(10)
            for item in items
        ]  # fmt: skip
        (workspace.store.folder(scores) / RATINGS).write_text("\n".join(each.model_dump_json() for each in ratings))
        assert read_ratings(scores, scores, EvaluateConfig(resamples=100)).correlations == ()


@pytest.mark.slow
def test_what_people_rated_is_in_the_report_of_the_same_run(
    tmp_path: Path, examples: Path, config: RunConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    data = [str(examples / "shop-faq-en.jsonl")]
    home = tmp_path / "home"
    first = finetune(data, config, str(home))
    assert "Human ratings" not in Path(first["report"]).read_text(encoding="utf-8")

    arguments = ["rate", "--workspace", str(home), "--set", "rate.prompts=6", "--export", str(tmp_path / "ratings.jsonl")]
    assert run_command(arguments) == 0
    assert "0 answers as somebody rated them" in capsys.readouterr().out
    queue = ReviewQueue.open(f"sqlite:///{home / 'review.db'}")
    ratings = RatingQueue(queue.engine)
    run = ratings.runs()[0]
    places = ratings.places(run, "Ana")
    assert len(places) == 6
    for name in ("Ana Wijaya", "Budi Santoso"):
        for number, place in enumerate(places):
            item = ratings.item(run, place.key)
            assert item.answers.keys() == {"base", "tuned", "reference"}
            ratings.rate(item, name, {system: dict.fromkeys(CRITERIA, 1 + number % 5) for system in item.answers})
    queue.close()

    again = finetune(data, config, str(home))
    states = {step["name"]: step["state"] for step in again["steps"]}
    assert {name for name, state in states.items() if state == "Completed"} == {"report"}
    page = Path(again["report"]).read_text(encoding="utf-8")
    assert "2 people rated 6 prompts" in page and "Krippendorff" in page and ">1.000<" in page
    assert first["ratings"] is None
    told = json.loads(json.dumps(again["ratings"]))
    assert (told["raters"], told["prompts"], told["shared"]) == (2, 6, 6)
    assert told["alpha"] == dict.fromkeys(CRITERIA, 1.0)  # both gave the same
    means = [of["overall"] for found in told["slices"].values() for of in found["means"].values()]
    assert all(1 <= each["ci"][0] <= each["value"] <= each["ci"][1] <= 5 for each in means)
    gains = [of for found in told["slices"].values() for of in found["gains"]["base"].values()]
    assert {each["value"] for each in gains} == {0.0}  # a prompt's answers were rated alike
    assert "rater " not in json.dumps(told) and "Wijaya" not in json.dumps(again)
    folder = home / "artifacts" / "ratings"
    manifest = json.loads(next(folder.rglob("manifest.json")).read_text())["provenance"]
    assert (manifest["step"], manifest["version"]) == ("rate", RATE.version)
    texts = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.json*"))
    assert "rater 1" in texts and "Wijaya" not in texts and "Santoso" not in texts + page
    assert any("2 people rated 6 prompts" in str(artifact.data) for artifact in shown("verdict"))

    assert run_command(arguments) == 0
    assert len((tmp_path / "ratings.jsonl").read_text().splitlines()) == 2 * 6 * 3
    named = ["rate", f"scores/{json.loads(Path(again['report']).with_name('manifest.json').read_text())['digest'][:4]}zz"]
    assert run_command([*named, "--workspace", str(home)]) == 2
    assert "expected the id of a run" in capsys.readouterr().err
