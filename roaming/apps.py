from django.apps import AppConfig

from roaming.celery import app as celery_app

__all__ = ["RoamingConfig", "celery_app"]


class RoamingConfig(AppConfig):
    name = "roaming"
