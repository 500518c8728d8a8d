"""The Celery application. Broker and cache are Redis in production; the embedded mode uses an in-memory broker."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roaming.settings")

app = Celery("roaming")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery makes an app current in the importing thread only; without this line tasks sent from a server's worker thread
# would go to a default app on amqp://localhost.
app.set_default()
app.autodiscover_tasks()
