"""Reading tariffs: what a partner may see, what a user may see, what held when. Deleted ones are gone for partners."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.ocpi import storage
from roaming.tariffs import changes
from roaming.tariffs.models import Tariff, TariffVersion


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Tariff]:
    """The tariffs of the CPOs that an active agreement opens to a party of the connection."""
    return Tariff.objects.filter(routing.owned_visible_to(connection, role=PartyRole.CPO, at=at), deleted_at=None)


def present(party: Party, tariff_id: str) -> Tariff | None:
    """The tariff as its owner reads it back; None when unknown or deleted."""
    row = storage.find(Tariff, party=party, ocpi_id=tariff_id)
    return row if row is not None and row.deleted_at is None else None


def visible_to(user: User) -> QuerySet[Tariff]:
    """Prices are for those who may see money."""
    return Tariff.objects.all() if may(user, Grant.VIEW_MONEY) else Tariff.objects.none()


def list_for(user: User) -> QuerySet[Tariff]:
    """For lists and pages: with owner and connection, newest change first."""
    return visible_to(user).select_related("party__connection__partner").order_by("-changed_at", "-id")


def tariff_at(*, party: Party, tariff_id: str, moment: datetime) -> TariffVersion | None:
    """The version of a tariff of `party`, by its id in any letter case, that was in force at `moment`; None before the
    first one, and while it was deleted.

    A version holds from its own last_updated on, at the latest from when we accepted it, until the next one does; one
    that came after a deletion not before it came (decision 0012). Of two from the same moment the later one holds.
    """
    one = published_at(party=party, tariff_ids=[tariff_id], moment=moment).get(tariff_id.upper())
    return one.version if one and one.in_force else None


@dataclass(frozen=True)
class Published:
    """What is known to have been published for a moment: the version in force then; else, as `in_force` says, the last
    one before the tariff was deleted, else the earliest we know."""

    version: TariffVersion
    in_force: bool
    deleted: bool


def published_at(*, party: Party, tariff_ids: Iterable[str], moment: datetime) -> dict[str, Published]:
    """For each of these ids, in capitals, that `party` ever published a tariff of; one query for all."""
    ids = {tariff_id.upper() for tariff_id in tariff_ids}
    if not ids:
        return {}
    states = TariffVersion.objects.filter(tariff=OuterRef("pk")).exclude(body="")
    then = states.filter(valid_from__lte=moment).order_by("-valid_from", "-number").values("pk")[:1]
    best = Coalesce(Subquery(then), Subquery(states.order_by("number").values("pk")[:1]))
    tariffs = Tariff.objects.filter(party=party, ocpi_id_upper__in=ids).annotate(best=best)
    found = _with_end(TariffVersion.objects.filter(pk__in=tariffs.values("best"))).select_related("tariff__party")
    return {row.tariff.ocpi_id_upper: _published(row, moment) for row in found}


def published_versions(*, party: Party, tariff_ids: Iterable[str], most: int = 20) -> list[TariffVersion]:
    """The versions of tariffs of `party` by these ids, the newest first, without deletions."""
    ids = {tariff_id.upper() for tariff_id in tariff_ids}
    found = TariffVersion.objects.filter(tariff__party=party, tariff__ocpi_id_upper__in=ids).exclude(body="")
    return list(found.order_by("-valid_from", "-number")[:most])


def _published(version: TariffVersion, moment: datetime) -> Published:
    began, ended = version.valid_from <= moment, version.valid_until is not None and version.valid_until <= moment
    return Published(version, in_force=began and not ended, deleted=began and ended)


@dataclass(frozen=True)
class Told:
    """A version on the timeline of its tariff; `changes` are against the state before it, and none of the first."""

    version: TariffVersion
    what: str
    changes: Sequence[str]

    @property
    def was_in_force(self) -> bool:
        """Whether it ever held: one of the same moment as the next never did."""
        return not self.version.is_deletion and self.version.valid_until != self.version.valid_from


def versions_of(tariff: Tariff, *, up_to: int | None = None, limit: int = 25) -> list[Told]:
    """The timeline of a tariff, newest first, from version number `up_to` down."""
    rows = _with_end(TariffVersion.objects.filter(tariff=tariff)).order_by("-number")
    if up_to is not None:
        rows = rows.filter(number__lte=up_to)
    # Two more, to tell what the last one changed: what it followed may be a deletion.
    found = list(rows[: limit + 2])
    return [_told(row, found[place + 1 :]) for place, row in enumerate(found[:limit])]


def _told(row: TariffVersion, before: Sequence[TariffVersion]) -> Told:
    if row.is_deletion:
        return Told(row, "Deleted, none in force", [])
    state = next((version for version in before if not version.is_deletion), None)
    if state is None:
        return Told(row, "The first we know", [])
    what = "Published again after its deletion" if before[0].is_deletion else "Changed"
    return Told(row, what, changes.between(state.data, row.data))


def _with_end(versions: QuerySet[TariffVersion]) -> QuerySet[TariffVersion]:
    following = TariffVersion.objects.filter(tariff_id=OuterRef("tariff_id"), number=OuterRef("number") + 1)
    end = Subquery(following.values("valid_from")[:1])
    return versions.annotate(valid_until=end)  # type: ignore[no-redef]  # the model tells its type
