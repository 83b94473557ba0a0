"""Commands that change the services of the exchange: service add, remove, disable, enable."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ndxp.admin import AdminRefused, Session
from ndxp.identifiers import in_slashes
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import console, print_json, warn

app = typer.Typer()
service_app = typer.Typer(
    help="Adds, removes, disables and enables services.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(service_app, name="service")

_Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="The subsystem that offers it.")]
_Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="Full name of the gRPC service.")]
_Either = Annotated[
    str, typer.Argument(metavar="CONTRACT|CODE", help="Full name of the gRPC service, or code of the REST service.")
]


@service_app.command()
def add(
    provider: _Provider,
    contract: _Either,
    address: Annotated[str, typer.Argument(help="Where the provider of a gRPC service listens, host:port.")] = "",
    in_flight: Annotated[int | None, typer.Option(min=1, help="Calls at once that it takes from each worker.")] = None,
    rest: Annotated[str, typer.Option(metavar="URL", help="Base URL of a REST service, instead of an address.")] = "",
    openapi: Annotated[Path | None, typer.Option(help="OpenAPI document of the REST service, JSON or YAML.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Adds a service, or moves an existing one to another address.

    The exchange learns its contract from the provider's reflection; `ndxp grants add` says who may call it. With --rest
    it is an ordinary HTTP service; its code, such as clinic, is the first part of the paths by which it is called.

    Examples: `ndxp service add VN/COM/acme/app acme.v1.WeatherService 127.0.0.1:50070`; `ndxp service add
    VN/COM/acme/app clinic --rest http://127.0.0.1:8000/api --openapi clinic.yaml`
    """
    if bool(address) == bool(rest) or (rest and in_flight) or (openapi and not rest):
        raise typer.BadParameter(
            _(
                "for a gRPC service give CONTRACT, ADDRESS and perhaps --in-flight; for a REST "
                "service give CODE, --rest and perhaps --openapi"
            )
        )
    if rest:
        _add_rest(provider, contract, rest, openapi, Session(folder), as_json)
        return
    session, named = Session(folder), {"provider": in_slashes(provider), "contract": contract}
    before: dict[str, Any] = next((known for known in session.get("/services") if known.items() >= named.items()), {})
    kept = {field: before[field] for field in ("disabled", "in_flight") if field in before}
    chosen = {} if in_flight is None else {"in_flight": in_flight}
    added = session.send("PUT", "/services", body={**named, "address": address, **kept, **chosen})
    if as_json:
        print_json(added)
    else:
        console.print(
            _(
                "{provider} offers {contract} at {address}.",
                provider=added["provider"],
                contract=contract,
                address=address,
            ),
            soft_wrap=True,
        )
        warn(added)


@service_app.command()
def remove(provider: _Provider, contract: _Either, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Removes a service. Its grants stay, without effect until the service is added again."""
    session, provider = Session(folder), in_slashes(provider)
    named, path = {"provider": provider, "contract": contract}, "/services"
    if any(known["provider"] == provider and contract in known["rest"] for known in session.get("/services")):
        named, path = {"provider": provider, "code": contract}, "/services/rest"
    session.send("DELETE", path, query=named)
    if as_json:
        print_json({"removed": named})
    else:
        console.print(
            _("{provider} offers {contract} no more.", provider=named["provider"], contract=contract), soft_wrap=True
        )


@service_app.command()
def disable(provider: _Provider, contract: _Contract, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Refuses all calls to a service until it is enabled again; its calls in flight end within a second.

    Example: `ndxp service disable VN/COM/acme/app acme.v1.WeatherService`, and later `ndxp service enable ...`
    """
    _switch("disable", provider, contract, folder, as_json)


@service_app.command()
def enable(provider: _Provider, contract: _Contract, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Lets consumers with a grant call a service again."""
    _switch("enable", provider, contract, folder, as_json)


def _add_rest(provider: str, code: str, url: str, document: Path | None, session: Session, as_json: bool) -> None:
    body = {"provider": in_slashes(provider), "code": code, "url": url}
    if document is not None:
        body["openapi"] = json.dumps(_read_document(document))
    added = session.send("PUT", "/services/rest", body=body)
    if as_json:
        print_json(added)
    else:
        console.print(
            _(
                "{provider} offers {code} at {url}; its paths begin with /{code}/.",
                provider=added["provider"],
                code=code,
                url=url,
            ),
            soft_wrap=True,
        )
        warn(added)


def _read_document(path: Path) -> Any:
    """An OpenAPI document, which is a JSON or YAML object. Only YAML needs PyYAML."""
    try:
        text = path.read_bytes()
        try:
            document = json.loads(text)
        except ValueError:
            from ndxp.yaml_file import read_yaml

            document = read_yaml(text)
    except ImportError as error:
        raise AdminRefused(_("{path} is no JSON, and to read YAML: pip install 'ndxp[gateway]'", path=path)) from error
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise AdminRefused(f"{path}: {why}") from error
    if not isinstance(document, dict):
        raise AdminRefused(_("{path} is no OpenAPI document: it must be a JSON or YAML object", path=path))
    return document


def _switch(verb: str, provider: str, contract: str, folder: Folder, as_json: bool) -> None:
    changed = Session(folder).send("POST", f"/services/{verb}", body={"provider": provider, "contract": contract})
    if as_json:
        print_json(changed)
    else:
        state = _("disabled") if verb == "disable" else _("enabled")
        provider = changed["provider"]
        told = _("{provider}: {contract} is {state}.", provider=provider, contract=contract, state=state)
        console.print(told, soft_wrap=True)
