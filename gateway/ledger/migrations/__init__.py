"""The steps from one version of the ledger's schema to the next, run by alembic when a ledger is opened."""

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_ANY_NUMBER = 0x6E647870
"""The lock that lets only one process migrate a PostgreSQL ledger."""


def upgrade(engine: sa.Engine, to: str = "head") -> None:
    """Brings the ledger to a version, in one transaction; a ledger from before the first step is recognised."""
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.execution_options(write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ANY_NUMBER)))
        config.attributes["connection"] = connection
        present = sa.inspect(connection).get_table_names()
        if "records" in present and "alembic_version" not in present:
            command.stamp(config, "0001")
        command.upgrade(config, to)
