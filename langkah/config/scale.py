"""Where the shards of a step are worked on, where there are enough of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from langkah.config.sections import Int, Section

Runner = Literal["thread", "process", "dask", "ray"]


class ClusterConfig(Section):
    """Who works on the shards of a step that works record by record; which are `runner`'s."""

    address: str = Field(default="", title="Cluster", examples=["tcp://scheduler:8786", "ray://head:10001"])
    """Of a Dask or Ray cluster; empty: workers on this machine, for as long as the step takes. Workers of a cluster read the
    sources by the same paths, and share the workspace: its folder, or LANGKAH_ARTIFACTS."""
    workers: Annotated[Int, Field(ge=1)] | Literal["auto"] = Field(default="auto", title="Workers on this machine")
    """`auto`: the cores there are."""
    shard_rows: Int = Field(default=5000, ge=1, title="Rows of a shard")
    """What a worker that is lost costs, at most; beyond 64 shards they have more rows."""
