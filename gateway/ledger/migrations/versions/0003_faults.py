"""Which faults a call has met, which attempt of its caller's it was, and whether its answer was given before."""

import sqlalchemy as sa
from alembic import op

from gateway.ledger import tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the columns, which are empty in older records, and an index of the records that have met a fault."""
    op.add_column("records", sa.Column("fault", tables.Text, nullable=False, server_default=""))
    op.add_column("records", sa.Column("attempt", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("records", sa.Column("replay_of", tables.Text, nullable=False, server_default=""))
    where = sa.text("fault <> ''")
    op.create_index("records_by_fault", "records", ["fault"], sqlite_where=where, postgresql_where=where)
