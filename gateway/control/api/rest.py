"""The admin API's REST services: ordinary HTTP services of members, each with its code, base URL and document."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Query, Response

from gateway.control.api.shapes import NewRestService, RegisteredService, RestService
from gateway.control.discovery import Discovery
from gateway.core.endpoints import CONTRACT
from gateway.core.registry import Registry, RegistryError, Service
from gateway.http.problem import Problem
from gateway.registry_store import RegistryStore
from ndxp.identifiers import in_slashes
from ndxp.language import _

LONGEST_DOCUMENT = 512 * 1024
"""Bytes of an OpenAPI document, as JSON without spaces."""

_VERSION = ("openapi", "swagger")


class _Document(Response):
    """An OpenAPI document in JSON."""

    media_type = "application/openapi+json"


def router(registry: RegistryStore, discovery: Discovery, adapter_address: str) -> APIRouter:
    """Routes below ``/admin/v1``; ``adapter_address`` is where the adapter listens, by which REST services are reached.

    The application that includes them checks the caller's role.
    """
    routes = APIRouter(tags=["registry"])

    @routes.put("/services/rest")
    async def put_rest_service(given: Annotated[RestService, Body()]) -> RegisteredService:
        """Adds a REST service to those of a provider, or replaces the one of this code.

        ``openapi`` is its OpenAPI document; without one an earlier document stays. ``warnings`` say what looks wrong.
        """
        try:
            new = msgspec.convert({**given, "provider": in_slashes(str(given.get("provider", "")))}, NewRestService)
        except msgspec.ValidationError as error:
            raise RegistryError(str(error)) from error
        document = _document(new.openapi)
        changed = await registry.change(lambda r: _with(r, new, adapter_address))
        if document is not None:
            await registry.put_document(new.provider, new.code, document)
        [service] = [s for s in changed.registry.services if (s.provider, s.contract) == (new.provider, CONTRACT)]
        await discovery.learn(service)
        return {**msgspec.to_builtins(service), "warnings": changed.doubts}

    @routes.delete("/services/rest", status_code=204)
    async def delete_rest_service(provider: Annotated[str, Query()], code: Annotated[str, Query()]) -> None:
        """Removes a REST service and its OpenAPI document. Grants stay, without effect until it is added again."""
        await registry.change(lambda r: _without(r, provider, code))
        await registry.drop_documents(provider, code)

    @routes.get("/services/rest/openapi", response_class=_Document)
    async def document(provider: Annotated[str, Query()], code: Annotated[str, Query()]) -> _Document:
        """The OpenAPI document of a REST service, as it was given when the service was added."""
        known = _of((await registry.load()).snapshot.registry, provider)
        if known is None or code not in known.rest:
            raise _no_such(provider, code)
        found = await registry.document(provider, code)
        if not found:
            raise Problem(
                404,
                _("No document"),
                _("no OpenAPI document was given for {code} of {provider}", code=code[:100], provider=provider[:200]),
            )
        return _Document(found)

    return routes


def _of(registry: Registry, provider: str) -> Service | None:
    """The REST services of a provider."""
    return next((s for s in registry.services if (s.provider, s.contract) == (provider, CONTRACT)), None)


def _with(registry: Registry, new: NewRestService, address: str) -> Registry:
    """The registry with a REST service; what else is set for the provider's REST services stays."""
    before = _of(registry, new.provider)
    known = before or Service(new.provider, CONTRACT, address)
    service = msgspec.structs.replace(known, address=address, rest={**known.rest, new.code: new.url})
    return msgspec.structs.replace(registry, services=[*(s for s in registry.services if s is not before), service])


def _without(registry: Registry, provider: str, code: str) -> Registry:
    """The registry without a REST service. Raises Problem when there is no such service."""
    before = _of(registry, provider)
    if before is None or code not in before.rest:
        raise _no_such(provider, code)
    rest = {name: url for name, url in before.rest.items() if name != code}
    left = [msgspec.structs.replace(before, rest=rest)] if rest else []
    return msgspec.structs.replace(registry, services=[*(s for s in registry.services if s is not before), *left])


def _document(text: str) -> bytes | None:
    """An OpenAPI document as it is kept; None when there is none. Raises Problem."""
    if not text:
        return None
    try:
        given = msgspec.json.decode(text)
        document = msgspec.json.encode(given)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        detail = _("openapi must be the text of a JSON object: {error}", error=error)
        raise Problem(422, _("No OpenAPI document"), detail) from error
    if not isinstance(given, dict) or not any(isinstance(given.get(name), str) for name in _VERSION):
        detail = _("openapi must be an object with the version in its field 'openapi'")
        raise Problem(422, _("No OpenAPI document"), detail)
    if len(document) > LONGEST_DOCUMENT:
        detail = _("the OpenAPI document has more than {bytes} bytes", bytes=LONGEST_DOCUMENT)
        raise Problem(422, _("Too large"), detail)
    return document


def _no_such(provider: str, code: str) -> Problem:
    detail = _("{provider} has no REST service {code!r}; see `ndxp services`", provider=provider[:200], code=code[:100])
    return Problem(404, _("No such REST service"), detail)
