"""The page of rights: who may call which method of a service by which grant; requests for grants; quotas."""

from functools import partial
from typing import Any

from nicegui import ui
from starlette.requests import Request

from console.exchange import Exchange
from console.matrix import rows
from console.pages.rights.quotas import Quotas
from console.parts import box, button, facts, field, listed, section, text
from console.shell import View, shell
from console.terms import terms
from ndxp.admin import path_part

PATH = "/rights"

_LOOK_EVERY = 1.0
_COUNT_EVERY = 5.0
_OPEN = "(cell) => cell.event.key === 'Enter' && (cell.event.target.click(), true)"
_OF_A_NEW_GRANT = ("grant.purposes", "grant.fields", "grant.valid_until", "grant.basis")
_ANSWERS = (("approve", "requests.approve", "primary"), ("decline", "requests.decline", "plain"))


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def rights(request: Request) -> None:
        with shell(exchange, PATH, "menu.rights") as view:
            page = _Rights(view, request.query_params.get("service", ""))
            view.load(page.fill)
            view.every(_LOOK_EVERY, page.follow)
            view.every(_COUNT_EVERY, page.quotas.show)


def _key(service: dict[str, Any]) -> str:
    return f"{service['contract']} {service['provider']}"


class _Rights:
    """The page while it is open."""

    def __init__(self, view: View, wanted: str) -> None:
        self._view, self._t = view, view.texts
        self._wanted = wanted
        self._members: list[dict[str, Any]] = []
        self._grants: list[dict[str, Any]] = []
        self._waiting: list[dict[str, Any]] = []
        self._service: dict[str, Any] = {}
        self._grid: ui.aggrid | None = None
        self._matrix, self._decision, self._requests = (box("div") for _ in range(3))
        self.quotas = Quotas(view)

    async def fill(self) -> None:
        """Shows everything anew."""
        get = self._view.exchange.get
        services = sorted((each for each in await get("/services") if each["methods"]), key=_key)
        self._members = await get("/members")
        self._grants, self._waiting = await get("/grants"), await get("/grant-requests")
        if not services:
            return
        self._service = next((each for each in services if _key(each) == self._wanted), services[0])
        self._show_matrix(services)
        self._show_requests()
        await self.quotas.show()

    async def follow(self) -> None:
        """Shows the grants and the requests that somebody has changed."""
        if self._grid is None:
            return
        grants, waiting = await self._view.exchange.get("/grants"), await self._view.exchange.get("/grant-requests")
        if grants != self._grants:
            self._grants = grants
            self._grid.run_grid_method("setGridOption", "rowData", self._cells())
        if waiting != self._waiting:
            self._waiting = waiting
            self._show_requests()

    def _show_matrix(self, services: list[dict[str, Any]]) -> None:
        self._matrix.clear()
        with self._matrix, section(self._t("rights.matrix")):
            with box("form", "line").props(f"method=get action={PATH}"):
                with box("label"):
                    text("span", self._t("rights.service"))
                    with box("select").props("name=service"):
                        for service in services:
                            option = text("option", f"{service['contract'].rpartition('.')[2]} · {service['provider']}")
                            option.props["value"] = _key(service)
                            if service is self._service:
                                option.props("selected")
                button(self._t("rights.show"), classes="primary")
            text("p", self._t("rights.note"), "quiet")
            columns = [{"field": "consumer", "headerName": self._t("grant.consumer"), "width": 250, "pinned": "left"}]
            columns += [
                {"field": name, "headerName": name, "headerTooltip": name, "width": max(190, 9 * len(name) + 40)}
                for name in self._service["methods"]
            ]
            self._grid = ui.aggrid(
                {
                    "columnDefs": columns,
                    "defaultColDef": {"resizable": True, ":suppressKeyboardEvent": _OPEN},
                    "rowData": self._cells(),
                    ":getRowId": "(row) => row.data.consumer",
                    "animateRows": False,
                },
                auto_size_columns=False,
            ).classes("matrix")
            self._grid.on("cellClicked", self._clicked)

    def _cells(self) -> list[dict[str, Any]]:
        return [
            {"consumer": row.consumer, **{name: self._cell(grants) for name, grants in row.grants.items()}}
            for row in rows(self._service, self._members, self._grants)
        ]

    def _cell(self, grants: list[dict[str, Any]]) -> str:
        return ", ".join(f"{each['id']} *" if terms(each, self._t) else each["id"] for each in grants)

    async def _clicked(self, event: Any) -> None:
        consumer, method = event.args["data"]["consumer"], event.args["colId"]
        if method in self._service["methods"]:
            await self._view.guarded(lambda: self.decide(consumer, method, ""))

    async def decide(self, consumer: str, method: str, purpose: str) -> None:
        """Shows what the gateway would decide about a call now."""
        decision = await self._view.exchange.get(
            "/decisions", client=consumer, method=f"{self._service['contract']}/{method}",
            provider=self._service["provider"], purpose=purpose, language=self._view.session.language,
        )  # fmt: skip
        self._decision.clear()
        with self._decision, section(f"{consumer}, {method}"):
            if decision["allowed"]:
                text("p", self._t("rights.yes"), "verdict good").props("role=status")
            else:
                text("p", f"{self._t('rights.no')} {decision['message']}", "verdict bad").props("role=status")
            if (grant := decision["grant"]) is not None:
                text("h3", self._t("rights.deciding" if decision["allowed"] else "rights.nearest"))
                facts([(self._t("column.id"), grant["id"]), (self._t("grant.consumer"), grant["consumer"]),
                       (self._t("grant.methods"), ", ".join(grant["methods"])), *terms(grant, self._t)])  # fmt: skip
            with box("div", "line"):
                asked = field(self._t("search.purpose"), purpose)
                again = partial(self.decide, consumer, method)
                button(self._t("rights.ask"), lambda: self._view.guarded(lambda: again(asked.value)))
            if self._view.exchange.role == "operator":
                if decision["allowed"]:
                    self._offer_removal(grant, partial(again, purpose))
                else:
                    self._offer_grant(consumer, method)

    def _offer_removal(self, grant: dict[str, Any], after: Any) -> None:
        with box("div", "line") as place:
            pass

        async def remove() -> None:
            await self._view.exchange.send("DELETE", f"/grants/{path_part(grant['id'])}")
            await after()

        def ask() -> None:
            place.clear()
            with place:
                text("span", self._t("rights.sure", id=grant["id"], consumer=grant["consumer"]))
                button(self._t("rights.remove.sure"), lambda: self._view.guarded(remove), "danger")

        with place:
            button(self._t("rights.remove", id=grant["id"]), ask)

    def _offer_grant(self, consumer: str, method: str) -> None:
        with box("details"):
            text("summary", self._t("rights.add"))
            with box("div", "line"):
                purposes, fields, until, basis = (field(self._t(key)) for key in _OF_A_NEW_GRANT)

                async def grant() -> None:
                    given = {
                        "consumer": consumer, "provider": self._service["provider"],
                        "contract": self._service["contract"], "methods": [method], "purposes": listed(purposes.value),
                        "fields": listed(fields.value), "valid_until": until.value.strip(),
                        "basis": basis.value.strip(),
                    }  # fmt: skip
                    made = await self._view.exchange.send("POST", "/grants", body=given)
                    for warning in made["warnings"]:
                        ui.notify(warning, type="warning", multi_line=True)
                    await self.decide(consumer, method, next(iter(given["purposes"]), ""))

                button(self._t("rights.add.do"), lambda: self._view.guarded(grant), "primary")
            text("p", self._t("rights.add.note"), "quiet")

    def _show_requests(self) -> None:
        self._requests.clear()
        with self._requests, section(self._t("requests")):
            if not self._waiting:
                text("p", self._t("requests.none"), "quiet")
            for request in self._waiting:
                with box("article", "card"):
                    facts(
                        [
                            (self._t("grant.consumer"), request["client"]),
                            (self._t("grant.provider"), request["provider"]),
                            (self._t("grant.methods"), ", ".join(request["methods"])),
                            *terms(request, self._t),
                            (self._t("requests.because"), request["because"]),
                        ]
                    )
                    if self._view.exchange.role == "operator":
                        self._offer_answer(request["id"])

    def _offer_answer(self, request: str) -> None:
        with box("div", "line"):
            why = field(self._t("requests.reason"))

            async def answer(how: str) -> None:
                path = f"/grant-requests/{path_part(request)}/{how}"
                await self._view.exchange.send("POST", path, body={"reason": why.value})
                await self.follow()

            for how, key, classes in _ANSWERS:
                button(self._t(key), partial(self._view.guarded, partial(answer, how)), classes)
