"""The admin API's members: who is on the exchange, whether they may call, and with which credentials."""

from collections.abc import Callable
from functools import reduce
from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.control.api import shapes
from gateway.control.credentials import Credentials
from gateway.core.registry import Member, Quota, Registry, RegistryError
from gateway.core.twin import with_twin, without_member, without_subsystem
from gateway.http.problem import Problem
from gateway.registry_store import RegistryStore
from ndxp.authority import AuthorityMissing
from ndxp.identifiers import in_slashes, member_of
from ndxp.language import _

_Given = Annotated[shapes.Member, Body()]
_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Id = Annotated[str, Body(embed=True, min_length=1, max_length=200), AfterValidator(in_slashes)]
_Names = Annotated[list[_Name], Body(min_length=1, max_length=100)]
_NameOfTwin = Annotated[str, Body(min_length=1, max_length=64)]
_Member = Annotated[str, Query(min_length=1, max_length=200), AfterValidator(in_slashes)]
_Subsystem = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(in_slashes)]
_Subsystems = Annotated[list[_Subsystem], Query(min_length=1, max_length=100)]


class _Twin(BaseModel):
    """A twin to add: whose it is, its name, and what it may call in a second and at once if not as much as that one."""

    model_config = ConfigDict(extra="forbid")

    subsystem: _Subsystem
    name: _Name
    rate: Annotated[float | None, Field(ge=0.001, le=1_000_000)] = None
    burst: Annotated[int | None, Field(ge=1, le=10_000_000)] = None

    def added(self, r: Registry) -> Registry:
        """The registry with it. Raises RegistryError."""
        limits = self.model_dump(include={"rate", "burst"}, exclude_none=True)
        return with_twin(r, self.subsystem, self.name, Quota(**limits) if limits else None)


_Twins = Annotated[list[_Twin], Body(min_length=1, max_length=100)]


def router(registry: RegistryStore, credentials: Credentials) -> APIRouter:  # noqa: C901 - a list of routes
    """Routes below ``/admin/v1``. Every gateway learns a change within a second and ends calls that it forbids."""
    routes = APIRouter(tags=["members"])

    @routes.get("/members")
    async def members(group: str = "") -> list[shapes.Member]:
        """All members, or those of a group."""
        known = (await registry.load()).snapshot.registry.members
        listed = [msgspec.to_builtins(m) for m in known if not group or group in m.groups]
        return sorted(listed, key=lambda m: str(m["id"]))

    @routes.post("/members", status_code=201)
    async def add_member(given: _Given) -> shapes.AddedMember:
        """Adds a member; answers with the secrets of its subsystems."""

        def put(members: list[Member], member: Member) -> list[Member]:
            if any(m.id == member.id for m in members):
                detail = _(
                    "{member} is on this exchange; POST /members/subsystems adds to it, PUT replaces it",
                    member=member.id,
                )
                raise Problem(409, _("A member already"), detail)
            return [*members, member]

        return await _put(given, put)

    @routes.post("/members/subsystems", status_code=201)
    async def add_subsystems(member: _Id, subsystems: _Names) -> shapes.AddedMember:
        """Adds subsystems to a member, which stays as it is otherwise; answers with their secrets."""

        def edit(r: Registry) -> Registry:
            before = next((m for m in r.members if m.id == member), None)
            if before is None:
                raise _unknown(member)
            if there := [name for name in subsystems if name in before.subsystems]:
                detail = _("{subsystem} is on this exchange already", subsystem=f"{member}/{there[0]}")
                raise Problem(409, _("A subsystem already"), detail)
            after = msgspec.structs.replace(before, subsystems=[*before.subsystems, *subsystems])
            return _with(r, [after if m.id == member else m for m in r.members])

        changed, new = await credentials.change(edit, come=[f"{member}/{name}" for name in subsystems])
        after = next(m for m in changed.registry.members if m.id == member)
        return {"member": msgspec.to_builtins(after), "credentials": new, "warnings": changed.doubts}

    @routes.post("/members/subsystems/twin", status_code=201)
    async def add_twin(subsystem: _Id, name: _NameOfTwin) -> shapes.Secrets:
        """Adds a subsystem that may call what another one of its member may; answers with its secret."""
        twin = f"{member_of(subsystem)}/{name}"
        _, made = await credentials.change(lambda r: with_twin(r, subsystem, name), come=[twin])
        return {"credentials": made}

    @routes.post("/members/subsystems/twins", status_code=201)
    async def add_twins(given: _Twins) -> shapes.Secrets:
        """Adds several such subsystems, all or none; answers with their secrets."""
        twins = [f"{member_of(twin.subsystem)}/{twin.name}" for twin in given]
        _, made = await credentials.change(
            lambda r: reduce(lambda before, twin: twin.added(before), given, r), come=twins
        )
        return {"credentials": made}

    @routes.delete("/members/subsystems", status_code=204)
    async def delete_subsystems(subsystem: _Subsystems) -> None:
        """Removes subsystems that offer nothing, with the grants, the quotas and the faults that are their own.

        Their credentials are removed for good.
        """
        await credentials.change(lambda r: reduce(without_subsystem, subsystem, r), go=subsystem)

    @routes.delete("/members", status_code=204)
    async def delete_member(member: _Member) -> None:
        """Removes a member that offers nothing, with its subsystems, its grants, its quotas and its faults.

        The credentials of its subsystems are removed for good.
        """
        gone = {name for name in await credentials.known() if member_of(name) == member}
        await credentials.change(lambda r: without_member(r, member), go=gone)

    @routes.put("/members")
    async def put_member(given: _Given) -> shapes.AddedMember:
        """Adds a member, or replaces the one with this id; answers with the secrets of new subsystems.

        The credentials of a subsystem that is no longer in it are removed for good.
        """
        return await _put(given, lambda members, member: [*(m for m in members if m.id != member.id), member])

    @routes.post("/members/disable")
    async def disable_member(member: _Id) -> shapes.Member:
        """Refuses all calls of a member until it is enabled again; its calls in flight end."""
        return await _change(member, disabled=True)

    @routes.post("/members/enable")
    async def enable_member(member: _Id) -> shapes.Member:
        """Lets a member call again, with its old credentials."""
        return await _change(member, disabled=False)

    @routes.post("/members/rotate")
    async def rotate_member(member: _Id) -> shapes.Secrets:
        """Gives new secrets to all subsystems of a member, or to one; old secrets, tokens and certificates end."""
        return {"credentials": await credentials.rotate(await _subsystems(member))}

    @routes.post("/members/certificates", status_code=201)
    async def certify_member(member: _Id, hosts: Annotated[list[str], Body()] = []) -> shapes.Certificates:  # noqa: B006
        """Makes new certificates for all subsystems of a member, or for one; older ones stay valid until they expire.

        With ``hosts`` they are valid for servers on these hosts too. Answers with the files in the certificate folder.
        """
        try:
            return {"certificates": await credentials.certify(await _subsystems(member), hosts)}
        except AuthorityMissing as error:
            raise Problem(409, _("No authority here"), str(error)) from error
        except ValueError as error:
            raise Problem(422, _("No such host"), f"{', '.join(hosts)[:200]}: {error}") from error

    async def _put(given: shapes.Json, put: Callable[[list[Member], Member], list[Member]]) -> shapes.AddedMember:
        try:
            member = msgspec.convert(given, Member)
        except msgspec.ValidationError as error:
            raise RegistryError(str(error)) from error
        names = [f"{member.id}/{name}" for name in member.subsystems]
        had = {name for name in await credentials.known() if member_of(name) == member.id}
        changed, new = await credentials.change(
            lambda r: _with(r, put(r.members, member)), come=names, go=had - set(names)
        )
        return {"member": msgspec.to_builtins(member), "credentials": new, "warnings": changed.doubts}

    async def _change(member_id: str, *, disabled: bool) -> shapes.Member:
        def edit(r: Registry) -> Registry:
            if all(m.id != member_id for m in r.members):
                raise _unknown(member_id)
            replaced = [msgspec.structs.replace(m, disabled=disabled) if m.id == member_id else m for m in r.members]
            return _with(r, replaced)

        after = (await registry.change(edit)).registry
        changed: shapes.Json = msgspec.to_builtins(next(m for m in after.members if m.id == member_id))
        return changed

    async def _subsystems(name: str) -> list[str]:
        """The subsystems that a name means: the subsystem itself, or all subsystems of a member."""
        known = (await registry.load()).snapshot.subsystems
        meant = [subsystem for subsystem in known if name in (subsystem, member_of(subsystem))]
        if not meant:
            raise _unknown(name)
        return meant

    return routes


def _with(registry: Registry, members: list[Member]) -> Registry:
    return msgspec.structs.replace(registry, members=members)


def _unknown(name: str) -> Problem:
    return Problem(404, _("No such member"), _("{name} is not on this exchange; see `ndxp members`", name=name[:100]))
