from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.rating import tasks as rating
        from billing.reconciliation import services as reconciliation
        from roaming.kernel import events

        events.subscribe("cdr.received", rating.hurry)
        events.subscribe("invoice_record.changed", reconciliation.record_changed)
