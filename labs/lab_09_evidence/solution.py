"""What a pupil does in lab 9."""

import json
import sqlite3
import subprocess
from contextlib import closing

from ndxp import tree
from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.whole_file import whole_file


def solve(place: Workplace) -> None:
    """Proves a call, forges the proof, changes a copy of the ledger, and looks who asked."""
    values = place.values
    request = VerifyCitizenRequest(
        citizen_number=values["number"], full_name=values["name"], birth_date=values["birth"]
    )
    with place.connect() as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(request)
    transaction = place.calls()[-1].transaction_id
    evidence = place.admin.get(f"/ledger/evidence/{transaction}")
    records = json.loads(json.dumps(evidence["records"]).replace("lab09", "lab90"))
    for name, content in (("proof", evidence), ("forged", {**evidence, "records": records})):
        with whole_file(place.folder / f"{name}.json") as file:
            file.write(json.dumps(content).encode())
    copy = place.folder / "copy.backup"
    copy.unlink(missing_ok=True)
    command = tree.command("ndxp.cli", "log", "backup", str(copy), "--folder", str(place.run_folder))
    subprocess.run(command, check=True, capture_output=True, env=tree.environment())  # noqa: S603 - our own command
    with closing(sqlite3.connect(copy)) as database, database:
        database.execute("UPDATE records SET purpose = 'nothing' WHERE client = ?", (place.subsystems["me"],))
    asked = place.admin.get("/transactions", client=place.subsystems["hospital"])
    place.answers["who"] = asked[-1]["user_id"]
