"""The identity of a test: a subsystem that exists for this test only, a twin of one that is on the exchange."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from ndxp.admin import AdminApi
from ndxp.client import TLS_FOLDER, Tokens
from ndxp.identifiers import in_slashes, member_of
from ndxp.sandbox.state import State
from ndxp.sandbox.twin import add_twin, remove_twins
from ndxp.whole_file import whole_file
from ndxp.wire.tls import file_of

_FOLDER = "tests"


class Identity:
    """A twin of ``of``: it may call what that subsystem may, and belongs to the same member. Raises AdminRefused.

    Its folder is a run folder that knows this subsystem only: a program that is tested can use it.
    """

    def __init__(self, state: State, admin: AdminApi, of: str) -> None:
        of = in_slashes(of)
        name = f"test-{token_hex(4)}"
        self.of = of
        self.subsystem = f"{member_of(of)}/{name}"
        self._admin = admin
        secrets = add_twin(admin, of, name)
        self.folder = Path(state.folder) / _FOLDER / name
        self._write(state, secrets)
        self._state = State.read(self.folder) or state
        self.tokens: Tokens = self._state.tokens(self.subsystem)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that tell a program where the exchange is, and as whom it calls."""
        state = self._state
        return {
            "NDXP_FOLDER": state.folder,
            "NDXP_SUBSYSTEM": self.subsystem,
            "NDXP_GATEWAY": state.gateway,
            "NDXP_CONTROL_URL": state.control_url,
            "NDXP_REST_URL": state.rest_url,
            "NDXP_CREDENTIALS": str(state.credentials),
        } | ({"NDXP_TLS_FOLDER": str(state.tls_folder)} if state.tls else {})

    def remove(self) -> None:
        """Removes the subsystem with its grants, quota and faults. Raises AdminRefused."""
        remove_twins(self._admin, [self.subsystem])
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, state: State, secrets: Mapping[str, str]) -> None:
        for private in (self.folder.parent, self.folder):
            private.mkdir(mode=0o700, exist_ok=True)
        with whole_file(self.folder / "credentials.json") as file:
            file.write(json.dumps(secrets, indent=1).encode())
        if state.tls:
            (self.folder / TLS_FOLDER).mkdir(mode=0o700)
            for path in (state.tls_folder / "ca.pem", file_of(state.tls_folder, self.subsystem)):
                shutil.copy2(path, self.folder / TLS_FOLDER)
        replace(state, folder=str(self.folder), processes=[], attached=True, beside={}, clock="real").write()
