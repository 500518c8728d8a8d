"""What a person can do about a push that could not be delivered, by the kind of its failure."""

from roaming.exchange.models import Failure, Push

_PATIENCE = "Ask their engineers whether the platform is up, then send it again."
_ON = {
    Failure.NAME: "Their host name does not resolve: check the URLs of the connection, or ask them.",
    Failure.CONNECTION: _PATIENCE,
    Failure.TLS: "Their certificate or encryption is not right: they have to mend it before anything can be sent.",
    Failure.TIMEOUT: "They may have it all the same: ask them before you send it again, or wait longer for them.",
    Failure.BROKEN_OFF: "They may have it all the same: ask them before you send it again.",
    Failure.NOT_OCPI: "Something before their platform answered, or their address is not the right one: ask them.",
    Failure.REDIRECT: "We follow no redirects: they have to give us the address that it leads to.",
    Failure.TOKEN: "They have to PUT their credentials again, or the two of you register anew; then send it again.",
    Failure.TOO_OFTEN: "Let them be called less often (the limits of the connection), then send it again.",
    Failure.REFUSED: "The same will be refused again: mend the object at its source, repair this push, or ask them.",
    Failure.FAULT: "A fault of theirs: ask them about it, then send it again.",
    Failure.NOT_EXPRESSIBLE: "Their version of OCPI has no words for it: drop it, or agree on a newer version.",
    Failure.NO_INTERFACE: "They do not take this module any more: drop it, or ask them to register again with it.",
}


def on(push: Push) -> str:
    """A sentence, or nothing for a push that did not fail."""
    return _ON[Failure(push.failure)] if push.failure else ""
