"""An agency's contracts: makes their generated code, and checks that the agency does what its part says."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from fnmatch import filter as matching
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf import descriptor_pool

from ndxp.agency.parts import FILE, Part, PartRefused
from ndxp.agency.reflection import SUFFIX
from ndxp.tree import PROTOS

FOLDER = "protos"
"""The folder of the contracts, next to the agencies' folders."""


def can_generate() -> bool:
    """Whether grpcio-tools is installed, which makes the code of contracts."""
    return find_spec("grpc_tools") is not None


def generate(folder: Path) -> None:
    """Makes the code of the contracts in ``protos`` of a folder, in that folder; writes only files that have changed.

    Without grpcio-tools, or without contracts, the folder stays as it is. Raises PartRefused for a contract that protoc
    refuses.
    """
    protos = folder / FOLDER
    contracts = sorted(str(path.relative_to(protos)) for path in protos.rglob("*.proto"))
    if not contracts or not can_generate():
        return
    with TemporaryDirectory() as made:
        for contract in contracts:
            _run_protoc(protos, contract, Path(made))
        for path in Path(made).rglob("*_pb2*"):
            target = folder / path.relative_to(made)
            if not target.is_file() or target.read_bytes() != path.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())


def _run_protoc(protos: Path, contract: str, made: Path) -> None:
    """Makes the code of one contract, and beside it the file from which reflection takes the comments."""
    described = made / f"{contract.removesuffix('.proto').replace('-', '_')}_pb2{SUFFIX}"
    described.parent.mkdir(parents=True, exist_ok=True)
    outputs = [f"--{kind}_out={made}" for kind in ("python", "pyi", "grpc_python")]
    comments = ["--include_source_info", f"--descriptor_set_out={described}"]
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-m", "grpc_tools.protoc", "-I.", f"-I{PROTOS}", *outputs, *comments, contract],
        cwd=protos,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ran.returncode:
        first, *_ = [*ran.stderr.splitlines(), "protoc failed"]
        raise PartRefused(f"{FOLDER}/{first}")


def check(part: Part, servicer: object) -> None:
    """Raises PartRefused when the agency does not answer a method of its contracts or grants an unknown method."""
    for contract in part.contracts:
        try:
            described = descriptor_pool.Default().FindServiceByName(contract)
        except KeyError:
            raise PartRefused(f"{FILE} names the contract {contract}, of which there is no generated code") from None
        methods = [method.name for method in described.methods]
        for name in methods:
            if not _answers(servicer, name):
                raise PartRefused(f"{type(servicer).__name__} does not answer {name} of {contract}")
        for grant in part.grants:
            if grant.get("contract", part.contracts[0]) == contract:
                _check_grant(grant, contract, methods)


def _answers(servicer: object, method: str) -> bool:
    """Whether a servicer implements a method; the generated one refuses every call."""
    owner: Any = next((cls for cls in type(servicer).__mro__ if method in vars(cls)), None)
    return owner is not None and not owner.__module__.endswith("_pb2_grpc")


def _check_grant(grant: Mapping[str, Any], contract: str, methods: Sequence[str]) -> None:
    for pattern in grant.get("methods", []):
        if not matching(methods, str(pattern)):
            raise PartRefused(f"{FILE} grants {pattern}, which {contract} does not have")
