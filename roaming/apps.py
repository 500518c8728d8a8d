from django.apps import AppConfig

from roaming.celery import app as celery_app

__all__ = ["RoamingConfig", "celery_app"]


class RoamingConfig(AppConfig):
    name = "roaming"

    def ready(self) -> None:
        from roaming import checks  # noqa: F401 - registers them
        from roaming.exchange import backfill

        backfill.subscribe()
