"""Choose the base model of a run, and say why."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from langkah.config import TrainConfig
from langkah.models import ModelRef, advise, resolve_base
from tasks.caching import silent
from tasks.policies import DATA
from tasks.publish import publish_markdown


@task(name="choose-model", cache_policy=NO_CACHE, persist_result=False, **DATA.options())
@silent
def choose_model(train: TrainConfig, tokens: int | None = None) -> ModelRef:
    """Find the base model, and pin the commit of one on the hub; never cached, since machine and hub change.

    Args:
        train: the section `train` of the settings.
        tokens: longest example, where that is known.
    """
    model = resolve_base(train, tokens)
    said = f"Base model **{model.name}**: {model.reason}."
    if train.base_model == "auto":
        rows = [
            f"| {each.name} | {'-' if each.ifeval is None else each.ifeval} | {each.estimate_gb} | {each.verdict} |"
            for each in advise(train, tokens=tokens).models
        ]
        said += "\n\n| model | IFEval | GB | |\n| --- | ---: | ---: | --- |\n" + "\n".join(rows)
    publish_markdown("base-model", f"{said}\n\n`{model.fingerprint}`", "Base model")
    return model
