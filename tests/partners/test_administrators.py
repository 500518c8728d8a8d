"""The first person of a portal is made on the command line, and can sign in."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from partners.people.models import Role, User
from tests import cast

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@volta.example", "name": "Ada", "interactive": False}


def make(**changes: object) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("createsuperuser", **{**ADA, **changes}, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("password", [None, "", " "])
def test_without_a_password_nobody_is_made_who_could_not_sign_in(
    password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)
    if password is not None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match="environment variable DJANGO_SUPERUSER_PASSWORD, which is empty"):
        make()
    assert not User.objects.exists()


def test_an_administrator_is_made_once_and_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "choose-a-long-one")
    assert "created" in make()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "another-long-one")
    for email in ("ada@volta.example", "Ada@Volta.Example"):
        with pytest.raises(CommandError, match="Somebody signs in with that e-mail already, and was left as they are"):
            make(email=email, name="Another")
    assert [(user.name, user.role) for user in User.objects.all()] == [("Ada", Role.ADMINISTRATOR)]
    assert Client().login(username=ADA["email"], password="choose-a-long-one")


def test_other_people_are_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.person("Ben")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "choose-a-long-one")
    make()
    assert User.objects.count() == 2
