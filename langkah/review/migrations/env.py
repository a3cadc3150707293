"""What Alembic runs for each command: the migrations, on the connection that `langkah.review.database` hands over."""

from __future__ import annotations

from alembic import context

from langkah.review.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
