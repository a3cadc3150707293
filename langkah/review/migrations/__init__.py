"""Alembic migrations of the review database, run by `ReviewQueue.open`."""
