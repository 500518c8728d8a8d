"""People keep our own locations, tariffs and tokens where no back-end does. All writes go through the services of these
objects, so that partners are told as of any other change."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from partners.people.models import User
from roaming.kernel import locks
from roaming.ocpi.models import OcpiObject
from roaming.own_objects import ages, checks, differences, kinds, plans, reading, selectors
from roaming.own_objects.kinds import Data, Kind
from roaming.own_objects.models import Edit, Upload, What
from roaming.own_objects.plans import NEW, UNCHANGED, WRONG, Plan, Planned
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff


class CannotKeep(Exception):
    """The object is not people's to keep, or not as it was when they opened it; the text says why."""


class CannotStore(Exception):
    """Nothing of the file was stored; the text says why."""


class PlanChanged(Exception):
    """What would happen is not what the person saw any more; `plan` is how it is now. Nothing was stored."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("Something changed since you looked; this is what would happen now.")
        self.plan = plan


@transaction.atomic
def keep(*, kind: Kind, party: Party, data: Data, by: User | None, at: datetime, seen: str | None = None) -> OcpiObject:
    """Add (`seen` is None) or change an object of ours; `data` is in the newest shape, its ages are set here.

    `seen` is the last_updated of what the person changed. An EVSE that is left out becomes REMOVED. Raises CannotKeep,
    and Invalid with every violation.
    """
    _alone(kind, party)
    owned = {"country_code": party.country_code, "party_id": party.party_id}
    data = ages.filled(kind.parts, data | owned, at)
    checks.check(kind.name, data)
    identity = kind.identity(data)
    row = selectors.held(kind, party, [identity]).get(identity)
    before = row.data if row is not None else None
    _refuse_other(kind, row, seen)
    if kind.parts and before:
        data = ages.with_removed(kind.parts, data, before)
    data, state = plans.settled(kind, data, row, before, at)
    if state != UNCHANGED:
        kind.put(party, [data], at)
        changed = differences.between(before, data) if before and state != NEW else []
        _write_down(kind, party, [Planned(1, "", state, data, identity, changed)], by=by, at=at)
    return selectors.held(kind, party, [identity])[identity]


@transaction.atomic
def delete_tariff(*, tariff: Tariff, by: User | None, at: datetime) -> Tariff:
    """Partners are told that it is gone; the row stays to explain CDRs. Raises CannotKeep, and Unknown the second
    time."""
    _alone(kinds.TARIFF, tariff.party)
    row = tariffs.delete(party=tariff.party, tariff_id=tariff.ocpi_id, at=at)
    Edit.objects.create(
        module=kinds.TARIFF.module,
        party=tariff.party,
        subject=selectors.subject(kinds.TARIFF.identity_of(tariff)),
        what=What.DELETED,
        by=by,
        at=at,
    )
    return row


def take(*, kind: Kind, party: Party, name: str, content: bytes, version: str, by: User, at: datetime) -> Upload:
    """Keep a file for its preview. Raises CannotKeep and reading.NotReadable."""
    _refuse_kept_elsewhere(kind, party)
    text = reading.text_of(content)
    reading.drafts(kind, party, text, version=version, at=at)
    return Upload.objects.create(
        module=kind.module,
        party=party,
        name=name[:200],
        version=version if reading.is_json(text) else "",
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        by=by,
        uploaded_at=at,
    )


def plan_of(upload: Upload, *, at: datetime) -> Plan:
    """What would happen to that file now."""
    return plans.plan(kinds.KINDS[upload.module], upload.party, upload.text, version=upload.version, at=at)


@transaction.atomic
def store_upload(*, upload: Upload, seen: str, leave_out: bool, by: User, at: datetime) -> Plan:
    """Store what the person saw (`seen` is the fingerprint of that plan), all of it or nothing; `leave_out` the
    objects with errors. Raises CannotKeep, CannotStore and PlanChanged."""
    kind = kinds.KINDS[upload.module]
    _alone(kind, upload.party)
    if Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk).stored_at is not None:
        raise CannotStore("This file was stored already.")
    plan = plan_of(upload, at=at)
    if plan.fingerprint != seen:
        raise PlanChanged(plan)
    _store(kind, upload.party, plan, f"{upload.name} ({upload.sha256[:12]})", leave_out=leave_out, by=by, at=at)
    upload.stored_at = at
    upload.save(update_fields=["stored_at"])
    return plan


@transaction.atomic
def store(
    *, kind: Kind, party: Party, name: str, content: bytes, version: str, leave_out: bool, by: User | None, at: datetime
) -> Plan:
    """The same without a preview. With errors and without `leave_out` nothing is stored, and the plan says them.
    Raises CannotKeep and reading.NotReadable."""
    _alone(kind, party)
    plan = plans.plan(kind, party, reading.text_of(content), version=version, at=at)
    if leave_out or not plan.errors:
        source = f"{name[:200]} ({hashlib.sha256(content).hexdigest()[:12]})"
        _store(kind, party, plan, source, leave_out=leave_out, by=by, at=at)
    return plan


def forget(at: datetime) -> int:
    """Delete files that nobody confirmed in time, and those that were stored; how many."""
    return Upload.objects.filter(uploaded_at__lte=at - selectors.WAITS).delete()[0]


def _store(
    kind: Kind, party: Party, plan: Plan, source: str, *, leave_out: bool, by: User | None, at: datetime
) -> None:
    if plan.errors and not leave_out:
        count = len(plan.of(WRONG))
        raise CannotStore(
            f"{count} {kind.name}{'' if count == 1 else 's'} of the file cannot be stored. Mend the file, or say that "
            "they are to be left out."
        )
    kind.put(party, [one.data for one in plan.to_store], at)
    _write_down(kind, party, plan.to_store, by=by, at=at, source=source)


def _write_down(
    kind: Kind, party: Party, stored: Sequence[Planned], *, by: User | None, at: datetime, source: str = ""
) -> None:
    edits = [
        Edit(
            module=kind.module,
            party=party,
            subject=selectors.subject(one.identity),
            what=What.ADDED if one.state == NEW else What.CHANGED,
            changes=one.differences,
            source=source,
            by=by,
            at=at,
        )
        for one in stored
    ]
    Edit.objects.bulk_create(edits, batch_size=1000)


def _alone(kind: Kind, party: Party) -> None:
    """One person at a time writes objects of a party, and only while no back-end keeps them."""
    locks.hold(f"{kind.module} of {party.code} are kept")
    party.connection.refresh_from_db()
    party.refresh_from_db(fields=["left_at"])
    _refuse_kept_elsewhere(kind, party)


def _refuse_kept_elsewhere(kind: Kind, party: Party) -> None:
    if party.role != kind.role:
        raise CannotKeep(f"{party.code} has no {kind.module} as {party.get_role_display()}.")
    if not routing.is_kept_by_people(party, kind.module):
        raise CannotKeep(f"The {kind.module} of {party.code} are kept by “{party.connection}”; change them there.")


def _refuse_other(kind: Kind, row: OcpiObject | None, seen: str | None) -> None:
    """Raise CannotKeep where the object that is to be added is there, or the one to be changed is another by now."""
    here = row is not None and not selectors.is_deleted(row)
    if seen is None and row is not None and here:
        raise CannotKeep(f"{row.party.code} has the {kind.name} “{row.ocpi_id}” already; change that one.")
    if seen is not None and (row is None or not here or row.data["last_updated"] != seen):
        raise CannotKeep(f"Somebody else changed the {kind.name} since you opened it; look at it again.")
