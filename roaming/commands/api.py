"""OCPI doors of commands (section 4.6): orders of eMSPs, and the results of CPOs."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from roaming.commands import orders, results, selectors, services
from roaming.commands.addresses import Unfit
from roaming.commands.catalogue import WAYS, commands_of
from roaming.commands.models import Command
from roaming.commands.orders import Asker, Declined, UnknownLocation
from roaming.exchange import asking
from roaming.exchange.asking import NoAnswer
from roaming.ocpi import envelope
from roaming.ocpi.errors import CLIENT_ERROR, TIMEOUT, UNKNOWN_LOCATION, OcpiError, invalid, not_found
from roaming.ocpi.views import OcpiView


class ForwardingView(OcpiView):
    """A request that we put to a CPO while the eMSP waits. `type` is what is asked."""

    type: str

    @property
    def asker(self) -> Asker:
        return Asker(
            connection=self.connection,
            addressed=self.named,
            likely=self.meant,
            sending=self.route.from_party,
            version=self.version,
            correlation_id=self.correlation_id,
        )

    def put_to_the_cpo(self, order: orders.Order) -> HttpResponse:
        """The CPO's answer, in the asker's version."""
        command = services.send(order, at=self.at)
        return self.answered(command.answer_body)

    def answered(self, answer: str | dict[str, Any]) -> HttpResponse:
        return envelope.success(self.outgoing(WAYS[self.type].answer, answer))

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        match exc:
            case Declined():
                return self.answered(services.answer_of(self.type, exc.result, str(exc)))
            case services.Unanswered(error=NoAnswer(code=code)) if self.version == "2.1.1":
                # The hub's own codes came with 2.2; here the answer itself may be TIMEOUT (M1).
                return envelope.success({"result": "TIMEOUT" if code == TIMEOUT else "REJECTED"})
            case services.Unanswered():
                exc = asking.refusal(exc.error, self.version)
            case Unfit():
                exc = invalid(str(exc))
            case UnknownLocation():
                exc = OcpiError(UNKNOWN_LOCATION, str(exc))
            case services.UnderWay():
                exc = OcpiError(CLIENT_ERROR, str(exc))
        return super().handle_exception(exc)


class Receiver(ForwardingView):
    """What an eMSP asks of a CPO."""

    def post(self, request: Request, command: str, **_: Any) -> HttpResponse:
        if command not in commands_of(self.version):
            return self._unknown(command)
        self.type = command
        data = self.object(WAYS[command].body)
        return self.put_to_the_cpo(orders.from_platform(command, data, self.asker, at=self.at))

    def _unknown(self, command: str) -> HttpResponse:
        """An open enumeration has commands that we have never heard of; a closed one has not (T85)."""
        self.body()  # is to be JSON all the same
        known = commands_of(self.version)
        sentence = f"“{command}” is no command here; there are {', '.join(known)}."
        if self.version < "2.3.0":
            raise invalid(sentence)
        self.type = known[0]
        return self.answered(services.answer_of(self.type, "NOT_SUPPORTED", sentence))


class Result(OcpiView):
    """What came of a command or of a request about a charging profile; only the platform that was asked tells it."""

    module: ClassVar[str] = "commands"

    def post(self, request: Request, type: str, key: str, **_: Any) -> HttpResponse:
        command = self.command(type, key)
        result = self.object(WAYS[type].result)
        return envelope.success(message=self.keep(command, result))

    def keep(self, command: Command, result: dict[str, Any]) -> str:
        return results.take(command=command, result=result, correlation_id=self.correlation_id, at=self.at)

    def command(self, type: str, key: str) -> Command:
        found = selectors.asked_of(self.connection, type, key)
        if found is None or WAYS[type].module != self.module:
            raise not_found("Nothing was asked of your platform whose result belongs here.")
        return found
