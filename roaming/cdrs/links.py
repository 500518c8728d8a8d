"""What belongs together: a CDR and the session it bills, and a credit and the CDR it takes back, whichever comes first.

Two that come at the same moment cannot see each other. So whoever brings one half takes the lock of what joins them and
looks for the other half when it has it: of two, the second waits for the first and finds it. A session that is here
already may be locked itself by who changes it; so such a change takes the lock of a name only that is new to it, by
which nobody who holds that lock can have found it.
"""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from partners.parties.models import Party
from roaming.cdrs.models import NO_SESSION, Cdr
from roaming.kernel import events, locks
from roaming.ocpi import storage
from roaming.sessions.models import Session

Columns = dict[str, Any]


def subscribe() -> None:
    """Hear of sessions that are new here."""
    events.subscribe("session.known", session_known)


def found(party: Party, cdr_id: str, columns: Columns) -> Columns:
    """The links of a CDR that is about to be stored, as columns. Wants a transaction, and no CDR of that id in it."""
    original_id = columns["credit_reference_id"] if columns["credit"] else cdr_id
    locks.hold(
        _credits_of(party, original_id), *_joins(party, columns["session_id"], columns["authorization_reference"])
    )
    return {
        "known_session": _session(party, columns),
        "credited": _original(party, original_id) if columns["credit"] else None,
    }


def stored(cdr: Cdr) -> None:
    """A CDR is new here: its session has one now, and the credits that came before it have found what they take
    back."""
    if cdr.credit:
        return
    waiting = Cdr.objects.filter(party=cdr.party, credit=True, credit_reference_id__iexact=cdr.ocpi_id, credited=None)
    waiting.update(credited=cdr)
    if cdr.known_session is not None:
        _has_cdr(cdr.known_session)


def session_known(*, session: Session, before: dict[str, Any]) -> None:
    """A session is new here, or has another reference than `before`: CDRs that came earlier have found it."""
    session_id, reference = "" if before else session.ocpi_id, session.authorization_reference
    if before.get("authorization_reference") == reference:
        reference = ""
    locks.hold(*_joins(session.party, session_id), *_joins(session.party, "", reference))
    waiting = [*(_naming(session) if session_id else ()), *(_of_reference(session) if reference else ())]
    Cdr.objects.filter(pk__in=[cdr.pk for cdr in waiting]).update(known_session=session)
    if any(not cdr.credit for cdr in waiting):
        _has_cdr(session)


def _naming(session: Session) -> QuerySet[Cdr]:
    """CDRs that name the session, and came before it."""
    named = Cdr.objects.filter(party=session.party, session_id__iexact=session.ocpi_id, known_session=None)
    return named.exclude(session_id__in=NO_SESSION).defer("body", "raw")


def _of_reference(session: Session) -> list[Cdr]:
    """CDRs that name no session at all, but the reference that this one alone has."""
    named = Cdr.objects.filter(
        party=session.party,
        session_id__in=NO_SESSION,
        authorization_reference__iexact=session.authorization_reference,
        known_session=None,
    )
    waiting = named.exclude(authorization_reference="").defer("body", "raw")
    return [cdr for cdr in waiting if _authorized(session.party, _names(cdr)) == session]


def _session(party: Party, columns: Columns) -> Session | None:
    """The session that a CDR names by its id; of one that names none, the only one with its reference."""
    if columns["session_id"] not in NO_SESSION:
        return storage.find(Session, party=party, ocpi_id=columns["session_id"])
    return _authorized(party, columns) if columns["authorization_reference"] else None


def _authorized(party: Party, columns: Columns) -> Session | None:
    """The only session that was charged with the same reference and token, at that place and time. Of several nobody
    knows which is meant."""
    ended_at: datetime = columns["ended_at"]
    same = Session.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=columns["started_at"]),
        party=party,
        authorization_reference__iexact=columns["authorization_reference"],
        token_uid__iexact=columns["token_uid"],
        location_id__iexact=columns["location_id"],
        started_at__lte=ended_at,
    )
    several = list(same.exclude(authorization_reference="").defer("body")[:2])
    return several[0] if len(several) == 1 else None


def _names(cdr: Cdr) -> Columns:
    """What says which charging a stored CDR is about."""
    names = ("authorization_reference", "token_uid", "location_id", "started_at", "ended_at")
    return {name: getattr(cdr, name) for name in names}


def _original(party: Party, cdr_id: str) -> Cdr | None:
    """The CDR of that id, unless it is a credit itself (D3)."""
    original = storage.find(Cdr, party=party, ocpi_id=cdr_id)
    return original if original is not None and not original.credit else None


def _has_cdr(session: Session) -> None:
    Session.objects.filter(pk=session.pk, has_cdr=False).update(has_cdr=True)


def _credits_of(party: Party, cdr_id: str) -> str:
    return f"credits of CDR {party.code} {cdr_id.upper()}"


def _joins(party: Party, session_id: str, reference: str = "") -> list[str]:
    """The name of what joins a CDR to its session: the session's id, where none is given the reference."""
    if session_id not in NO_SESSION:
        return [f"CDRs of session {party.code} {session_id.upper()}"]
    return [f"CDRs of reference {party.code} {reference.upper()}"] if reference else []
