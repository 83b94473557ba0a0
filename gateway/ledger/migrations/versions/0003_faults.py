"""Which faults a call has met, and which attempt of its caller's it was."""

import sqlalchemy as sa
from alembic import op

from gateway.ledger import tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the columns; older records have neither."""
    op.add_column("records", sa.Column("fault", tables.Text, nullable=False, server_default=""))
    op.add_column("records", sa.Column("attempt", sa.BigInteger, nullable=False, server_default="0"))
