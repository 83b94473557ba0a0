"""Commands that write the beginning of something: new agency."""

from pathlib import Path
from typing import Annotated

import typer

from ndxp.language import _
from ndxp.options import Json
from ndxp.scaffold.agency import OWNER, is_checkout, write, write_into_repository
from ndxp.terminal import console, print_json
from ndxp.tree import TREE

app = typer.Typer()
new_app = typer.Typer(help="Writes a new agency.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(new_app, name="new")


@new_app.command()
def agency(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters and digits, with _ between words.")],
    folder: Annotated[Path | None, typer.Option(help="Where: a folder that is empty or not there.")] = None,
    member: Annotated[str, typer.Option(help="The member whose subsystem it is.")] = OWNER,
    as_json: Json = False,
) -> None:
    """Writes an agency that runs: contract, rules, records, service, exchange.yaml, a test.

    In a checkout of NDXP, and without --folder, it becomes an agency of the checkout, with sample calls. Elsewhere
    `ndxp up --with FOLDER` runs it, and `pytest` in its folder tests it on a whole exchange.

    Examples: `ndxp new agency museum --folder ./museum --member VN/GOV/G16`; `ndxp new agency museum` in a checkout
    """
    inside = folder is None and is_checkout() and Path.cwd() == TREE
    where = TREE if inside else folder or Path(name)
    written = write_into_repository(name, where, member) if inside else write(name, where, member)
    if as_json:
        print_json({"folder": str(where), "files": [str(path) for path in written]})
        return
    for path in written:
        console.print(str(path.relative_to(where)))
    then = "`make generate`, `make test`" if inside else f"`cd {where}`, `pytest`, `ndxp up --with .`"
    console.print(_("The agency {name} is in {where}. Next: {then}", name=name, where=where, then=then), soft_wrap=True)
