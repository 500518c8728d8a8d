from django.apps import AppConfig
from django.db.backends.signals import connection_created

from roaming.celery import app as celery_app
from roaming.kernel import planning

__all__ = ["RoamingConfig", "celery_app"]


class RoamingConfig(AppConfig):
    name = "roaming"

    def ready(self) -> None:
        from roaming import checks  # noqa: F401 - registers them
        from roaming.cdrs import links
        from roaming.commands import started
        from roaming.exchange import backfill
        from roaming.invoice_records import services as invoice_records
        from roaming.registration import news

        connection_created.connect(planning.without_jit)
        backfill.subscribe()
        invoice_records.subscribe()
        links.subscribe()
        started.subscribe()
        news.subscribe()
