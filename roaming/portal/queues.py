"""Exchange: how what is on its way to each connection fares, and the same for one connection."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django_tables2
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partners.connections.models import Connection
from roaming.exchange import overview
from roaming.exchange.overview import Breaker
from roaming.kernel import clock
from roaming.portal import cells, charts, columns
from roaming.portal.access import Page
from roaming.portal.columns import Cell


def breaker(connection: Connection, at: datetime) -> SafeString:
    """Whether it is called, in words; nothing for one that is not to be called at all."""
    if not connection.reachable:
        return cells.NOTHING
    state = overview.breaker_of(connection, at)
    badge = cells.state("breaker", state)
    if state == Breaker.OPEN:
        return format_html("{} until {}", badge, cells.when(connection.paused_until))
    return badge


def _figure(header: str, name: str, path: str, query: str, css: str = "") -> Cell:
    """A column of the figure `name`, each of which leads to its rows, as does their sum; `css` where it is not 0."""

    def link(count: int, of: str) -> SafeString:
        url = f"{reverse(path)}?{'&'.join(filter(None, (query, of)))}"
        return format_html('<a class="{}" href="{}">{}</a>', css if count else "", url, cells.number(count))

    def total(table: Any) -> SafeString:
        return link(sum(getattr(row, name) for row in table.data), "")

    return Cell(lambda row: link(getattr(row, name), f"connection={row.pk}"), header, "num", total)


def _pulled(connection: Any) -> SafeString:
    """When a list was read to its end last; leads to all of them."""
    if connection.pulled_at is None:
        return cells.NOTHING
    return cells.link(reverse("portal:connection_pulls", args=[connection.pk]), cells.when(connection.pulled_at))


class QueueTable(django_tables2.Table):
    connection = Cell(
        lambda row: cells.link(f"{reverse('portal:connection', args=[row.pk])}#queue", row), "Connection", css="nowrap"
    )
    state = columns.state("connection")
    waiting = _figure("Queue", "waiting", "portal:pushes", "state=queued")
    oldest = Cell(lambda row: cells.age(row.oldest_at, clock.now()), "Oldest", css="num")
    delivered = _figure("Delivered, last hour", "delivered", "portal:pushes", "lately=delivered")
    failed = _figure("Failed, last hour", "failed", "portal:pushes", "lately=failed", "warnish")
    breaker = Cell(lambda row: breaker(row, clock.now()), "Breaker", css="nowrap")
    pulled = Cell(_pulled, "Last pull", css="num")
    dead = _figure("Dead", "dead", "portal:dead_letters", "", "down")
    caption = "Connections and what is on its way to them"


class Queues(Page):
    """All connections in one table, which HTMX asks for again every five seconds."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        at = clock.now()
        connections = list(overview.standing(Connection.objects.select_related("partner").order_by("name"), at))
        table = QueueTable(connections, orderable=False, request=request)
        template = "portal/queues.html"
        return self.show(f"{template}#queues" if self.partial else template, at=at, table=table, found=connections)


def of(connection: Connection, at: datetime) -> dict[str, Any]:
    """What the page of a connection says of its queue: the figures, the last 24 hours as bars, and the breaker."""
    hours = overview.hours(connection, at)
    delivered, failed = sum(hour.delivered for hour in hours), sum(hour.failed for hour in hours)
    return {
        "standing": overview.standing(Connection.objects.filter(pk=connection.pk), at).get(),
        "bars": charts.bars([(hour.delivered, hour.failed) for hour in hours]),
        "since": hours[0].starts_at,
        "label": f"Pushes per hour in the last 24 hours: {delivered} delivered, {failed} failed",
        "delivered": delivered,
        "failed": failed,
        "breaker": breaker(connection, at),
        "pulls": overview.last_pulls(connection),
    }


def summed(connections: Iterable[Any]) -> dict[str, Any]:
    """The figures of several connections of `overview.standing` as one."""
    known = list(connections)
    names = ("waiting", "delivered", "failed", "dead")
    since = [one.oldest_at for one in known if one.oldest_at]
    return {name: sum(getattr(one, name) for one in known) for name in names} | {"oldest_at": min(since, default=None)}
