"""One thin Prefect task a step of the pipeline: cache key, retries, time-out, artifacts for the UI. No logic.

The work itself is in `langkah`; `flows` puts the tasks together.
"""
