"""OCPI doors of payments (section 5.4). The provider (PTP) owns terminals and captures; the CPO assigns terminals."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from partners.parties.models import Party
from roaming.exchange import asking
from roaming.exchange.asking import NoAnswer
from roaming.ocpi import envelope, translation
from roaming.ocpi.client import Refused
from roaming.ocpi.errors import invalid, not_found
from roaming.ocpi.schema import validation
from roaming.ocpi.views import OcpiView
from roaming.terminals import orders, selectors, services
from roaming.terminals.models import FinancialAdvice, Terminal
from roaming.terminals.orders import Asker


class SenderTerminals(OcpiView):
    """The terminals at the caller's stations."""

    def get(self, request: Request, **_: Any) -> HttpResponse:
        return self.page(selectors.visible_to_connection(Terminal, self.connection, self.at), kind="terminal")


class OrderingView(OcpiView):
    """Where a CPO has a provider do something while it waits."""

    @property
    def asker(self) -> Asker:
        return Asker(self.connection, self.route.from_party, self.route.to_party, self.correlation_id)

    def terminal(self) -> Terminal:
        visible = selectors.visible_to_connection(Terminal, self.connection, self.at)
        row = selectors.by_id(self.narrowed(visible), self.kwargs["terminal_id"])
        if row is None:
            raise not_found(f"There is no terminal “{self.kwargs['terminal_id']}” at stations of yours.")
        return row

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        match exc:
            case orders.Unclear():
                exc = invalid(str(exc))
            case NoAnswer() | Refused():
                exc = asking.refusal(exc, self.version)
        return super().handle_exception(exc)


class SenderTerminal(OrderingView):
    """One of them; its CPO says which locations and EVSEs it is for."""

    def get(self, request: Request, **_: Any) -> HttpResponse:
        return envelope.success(self.outgoing("terminal", self.terminal().body))

    def put(self, request: Request, **_: Any) -> HttpResponse:
        return self._assign(self.object("terminal_assignment"))

    def patch(self, request: Request, **_: Any) -> HttpResponse:
        sent = self.body()
        validation.validate_patch(self.version, "terminal_assignment", sent)
        return self._assign(translation.upgraded(self.version, "terminal_assignment", sent, connection=self.connection))

    def _assign(self, data: dict[str, Any]) -> HttpResponse:
        terminal = self.terminal()
        named = data.get("terminal_id") or terminal.ocpi_id
        if named.upper() != terminal.ocpi_id.upper():
            raise invalid(f"terminal_id is “{named}” in the body and “{terminal.ocpi_id}” in the URL.")
        note = orders.assign(self.asker, terminal, str(self.request.method), data, at=self.at)
        return envelope.success(message=note)


class Activation(OrderingView):
    def post(self, request: Request, **_: Any) -> HttpResponse:
        orders.activate(self.asker, self.object("terminal_activation"), at=self.at)
        return envelope.success()


class Deactivation(OrderingView):
    def post(self, request: Request, **_: Any) -> HttpResponse:
        orders.deactivate(self.asker, self.terminal(), at=self.at)
        return envelope.success()


class SenderAdvices(OcpiView):
    """What was captured for charging at the caller's stations."""

    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(FinancialAdvice, self.connection, self.at)
        return self.page(visible, kind="financial_advice_confirmation")


class SenderAdvice(OcpiView):
    def get(self, request: Request, advice_id: str, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(FinancialAdvice, self.connection, self.at)
        row = selectors.by_id(self.narrowed(visible), advice_id)
        if row is None:
            raise not_found(f"There is no financial advice confirmation “{advice_id}” for stations of yours.")
        return envelope.success(self.outgoing("financial_advice_confirmation", row.body))


class ProvidersView(OcpiView):
    """Where a payment terminal provider tells what it has. OCPI has no role for it: it calls itself OTHER (Y3)."""

    kind: ClassVar[str]

    def provider(self) -> Party:
        found = selectors.provider_on(self.connection, self.route.from_party)
        if found is None:
            raise invalid("Your platform hosts no payment terminal provider, which is a party of the role OTHER.")
        return found

    def taken(self, request: Request) -> dict[str, Any]:
        """What a service wants to know of a posted object."""
        provider, data = self.provider(), self.object(self.kind)
        cpo = selectors.cpo_meant(data, self.connection, self.route.to_party, self.at)
        return {"provider": provider, "cpo": cpo, "data": data, "at": self.at}


class ReceiverTerminals(ProvidersView):
    kind = "terminal"

    def post(self, request: Request, **_: Any) -> HttpResponse:
        stored = services.put_terminal(**self.taken(request))
        return envelope.success(http_status=201 if stored.created else 200, message=stored.note)


class ReceiverTerminal(OcpiView):
    """The terminal as it is here, for its provider."""

    def get(self, request: Request, terminal_id: str, **_: Any) -> HttpResponse:
        row = selectors.provided_by(Terminal, self.connection, terminal_id)
        if row is None:
            raise not_found(f"You have told nothing of a terminal “{terminal_id}” here.")
        return envelope.success(self.outgoing("terminal", row.body))


class ReceiverAdvices(ProvidersView):
    kind = "financial_advice_confirmation"

    def post(self, request: Request, **_: Any) -> HttpResponse:
        stored = services.put_advice(**self.taken(request))
        return envelope.success(http_status=201 if stored.created else 200, message=stored.note)


class ReceiverAdvice(OcpiView):
    def get(self, request: Request, advice_id: str, **_: Any) -> HttpResponse:
        row = selectors.provided_by(FinancialAdvice, self.connection, advice_id)
        if row is None:
            raise not_found(f"You have told nothing of a financial advice confirmation “{advice_id}” here.")
        return envelope.success(self.outgoing("financial_advice_confirmation", row.body))
