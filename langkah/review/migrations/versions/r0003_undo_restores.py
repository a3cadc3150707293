"""Which decision stands again after an undo."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the version that each undo goes back to, in place of the mark that it is one."""
    column = sa.Column("restores", sa.Integer, comment="of an undo, the version that stands again; 0: none does")
    op.add_column("review_decisions", column)
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, item_key, version, undo FROM review_decisions ORDER BY item_key, version"))
    standing: defaultdict[str, list[int]] = defaultdict(list)
    values: list[dict[str, int]] = []
    for number, key, version, undo in rows.all():
        if not undo:
            standing[key].append(version)
            continue
        del standing[key][-1:]
        values.append({"number": number, "restores": standing[key][-1] if standing[key] else 0})
    if values:
        connection.execute(sa.text("UPDATE review_decisions SET restores = :restores WHERE id = :number"), values)
    op.drop_column("review_decisions", "undo")


def downgrade() -> None:
    """Mark undoings again, whatever they went back to."""
    false = sa.false()
    op.add_column("review_decisions", sa.Column("undo", sa.Boolean, nullable=False, server_default=false))
    op.get_bind().execute(sa.text("UPDATE review_decisions SET undo = (restores IS NOT NULL)"))
    op.drop_column("review_decisions", "restores")
