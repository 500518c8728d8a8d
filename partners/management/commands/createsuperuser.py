"""Make an administrator who can sign in, or say why not."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction


class Command(createsuperuser.Command):
    """Django's own makes one without a usable password, and knows nothing of e-mails that differ by letter case."""

    help = (
        "Make an administrator. Asks for what is missing; with --noinput nothing is asked, and the password is taken "
        "from the environment variable DJANGO_SUPERUSER_PASSWORD."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["interactive"] and not os.environ.get("DJANGO_SUPERUSER_PASSWORD", "").strip():
            raise CommandError(
                "With --noinput the password is taken from the environment variable DJANGO_SUPERUSER_PASSWORD, which "
                "is empty. Nobody was made, for nobody could sign in without one."
            )
        try:
            with transaction.atomic(using=options["database"]):
                super().handle(*args, **options)
        except IntegrityError as error:
            raise CommandError(
                "Somebody signs in with that e-mail already, and was left as they are. manage.py changepassword gives "
                "them a new password."
            ) from error
