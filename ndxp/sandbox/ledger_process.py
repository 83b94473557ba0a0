"""The environment of programs that reach a ledger's database: that of the control process of a run folder."""

from pathlib import Path

import psutil

from ndxp import tree
from ndxp.sandbox.plan import PlanFailed
from ndxp.sandbox.state import State

LEDGER = "NDXP_LEDGER_URL"
"""The variable that names the ledger's database."""


def ledger_environment(folder: Path) -> dict[str, str]:
    """The environment of the control process of a run folder, which names its ledger.

    Raises PlanFailed for an exchange elsewhere, whose ledger cannot be reached from here.
    """
    state = State.read(folder)
    if state is None:
        return {**tree.environment(), "NDXP_RUN_FOLDER": str(folder.resolve())}
    if state.attached:
        raise PlanFailed(
            f"{folder} is attached to an exchange elsewhere, whose ledger is there: run python -m "
            "gateway.ledger.backup or .restore where its control process runs (docs/guides/operate.md)"
        )
    [control] = [process for process in state.processes if process.name == "control"]
    environment = {**tree.environment(), **control.environment}
    for process in state.members():
        try:
            if process.cmdline() == control.command and LEDGER in process.environ():
                environment[LEDGER] = process.environ()[LEDGER]
        except psutil.Error:
            continue
    return environment
