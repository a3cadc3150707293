"""Parameters that several flows take, with the titles that the run form shows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from langkah.config import RunConfig

FaqFiles = Annotated[
    list[str], Field(json_schema_extra={"title": "FAQ files"}, min_length=1, examples=[["examples/shop-faq-en.jsonl"]])
]
Settings = Annotated[RunConfig, Field(json_schema_extra={"title": "Settings"})]
OtherSettings = Annotated[tuple[str, ...], Field(json_schema_extra={"title": "Other settings"}, examples=[["train.seed=1"]])]
WorkspaceFolder = Annotated[str | None, Field(json_schema_extra={"title": "Workspace"}, examples=["/workspace"])]
