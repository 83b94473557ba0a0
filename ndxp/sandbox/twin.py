"""A twin of a subsystem, for one test or one lab: it may call what the other may, and nobody else uses it."""

from ndxp.admin import AdminApi
from ndxp.identifiers import in_slashes


def add_twin(admin: AdminApi, of: str, name: str) -> dict[str, str]:
    """Adds a twin of a subsystem; gives its secret by its identifier. Raises AdminRefused."""
    body = {"subsystem": in_slashes(of), "name": name}
    secrets: dict[str, str] = admin.send("POST", "/members/subsystems/twin", body=body)["credentials"]
    return secrets


def remove_twin(admin: AdminApi, subsystem: str) -> None:
    """Removes a twin with its grants, quota and faults. Raises AdminRefused."""
    admin.send("DELETE", "/members/subsystems", query={"subsystem": subsystem})
