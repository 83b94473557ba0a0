"""The steps from one version of the ledger's schema to the next, run by alembic when an older ledger is opened."""

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from gateway.ledger.tables import changing_schema


def upgrade(engine: sa.Engine, to: str = "head") -> None:
    """Brings the ledger to a version, in one transaction; a ledger from before the first step is recognised."""
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with changing_schema(engine) as connection:
        config.attributes["connection"] = connection
        present = sa.inspect(connection).get_table_names()
        if "records" in present and "alembic_version" not in present:
            command.stamp(config, "0001")
        command.upgrade(config, to)
