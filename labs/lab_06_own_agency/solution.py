"""What a pupil does in lab 6."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ndxp import tree
from ndxp.labs import Workplace
from ndxp.scaffold.agency import write

_NAMES_SUBJECT = "        names_subject(citizen_number)\n        return _decode(body)"
_PATIENCE, _LOOK_AGAIN = 60.0, 0.1


def solve(place: Workplace) -> None:
    """Writes an agency, lets the province call it, and checks it twice: without a line of it, and with the line."""
    values, agency = place.values, place.subsystems["agency"]
    folder = place.folder / values["museum"]
    write(values["museum"], folder, "VN/GOV/G16")
    code = folder / values["museum"]
    _change(code / "exchange.yaml", f"VN/GOV/G16/{values['museum']}", agency)
    _change(
        code / "rules.py", "    text = text.strip()\n",
        "    text = text.strip()\n"
        "    if len(text) > 40:\n"
        '        message = "text may have 40 characters"\n'
        '        raise AgencyError(Code.INVALID_ARGUMENT, "TEXT_TOO_LONG", message, field="text")\n',
    )  # fmt: skip
    offer = {"provider": agency, "contract": values["contract"], "address": f"127.0.0.1:{values['port']}"}
    place.admin.send("PUT", "/services", body=offer)
    place.grant("caller", agency, values["contract"], ["RegisterEntry", "GetEntry"])
    with _running(place, folder):
        _until_known(place)
        entry = {"requestId": "1", "citizenNumber": values["number"], "text": "a bronze drum"}
        _call(place, "RegisterEntry", entry)
        _call(place, "GetEntry", {"citizenNumber": values["number"]})
        _call(place, "RegisterEntry", {**entry, "requestId": "2", "text": "drum " * 10})
        _check(place, code, "report.json")
    _change(code / "records.py", _NAMES_SUBJECT, "        return _decode(body)")
    with _running(place, folder):
        _check(place, code, "failed.json")


def _change(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@contextmanager
def _running(place: Workplace, folder: Path) -> Iterator[None]:
    """The agency as a process of its own, until the end."""
    settings = {
        "NDXP_ADDRESSES": json.dumps({place.subsystems["agency"]: f"127.0.0.1:{place.values['port']}"}),
        "NDXP_CREDENTIALS": str(place.run_folder / "credentials.json"),
        "NDXP_DATABASE_URL": f"sqlite:///{place.folder / 'entries.db'}",
    }
    command = tree.command("ndxp.agency", str(folder))
    with subprocess.Popen(command, env={**tree.environment(), **settings}, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
        try:
            yield
        finally:
            process.terminate()


def _until_known(place: Workplace) -> None:
    """Returns when the exchange has learnt the contract from the agency. Raises TimeoutError."""
    contract, deadline = place.values["contract"], time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if any(each["contract"] == contract and each["methods"] for each in place.admin.get("/services")):
            return place.settle()
        time.sleep(_LOOK_AGAIN)
    raise TimeoutError(f"the exchange has not learnt {contract} within {_PATIENCE:.0f} s")


def _call(place: Workplace, method: str, request: dict[str, str]) -> None:
    words = ["call", f"{place.values['contract']}/{method}", json.dumps(request), "--as", place.subsystems["caller"]]
    _ndxp(place, *words)


def _check(place: Workplace, code: Path, report: str) -> None:
    examples = ["--examples", str(code / "examples.jsonl"), "--tries", "5"]
    _ndxp(place, "check", "agency", place.subsystems["agency"], *examples, "--report", str(place.folder / report))


def _ndxp(place: Workplace, *words: str) -> None:
    """Runs the command. It may fail: a refused call and a check that fails belong to the lab."""
    command = tree.command("ndxp.cli", *words, "--folder", str(place.run_folder))
    subprocess.run(command, check=False, capture_output=True, env=tree.environment())  # noqa: S603 - our own command
