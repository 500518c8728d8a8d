from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.rating import tasks as rating
        from roaming.kernel import events

        events.subscribe("cdr.received", rating.hurry)
