"""People are invited, given a role, and deactivated; never deleted, because the trail names them."""

from partners.people.models import Role, User


class CannotInvite(Exception):
    """The person cannot be added; the text says why."""


def invite(*, email: str, name: str, role: str, password: str | None = None) -> User:
    """A person with a role. Raises CannotInvite when the e-mail (in any letter case) or the role does not do."""
    if role not in Role.values:
        raise CannotInvite(f"“{role}” is not a role; choose one of {', '.join(Role.values)}.")
    if User.objects.filter(email__iexact=email.strip()).exists():
        raise CannotInvite(f"Somebody signs in with {email} already.")
    return User.objects.create_user(email, password, name=name, role=role)


def change_role(*, user: User, role: str) -> User:
    if role not in Role.values:
        raise CannotInvite(f"“{role}” is not a role; choose one of {', '.join(Role.values)}.")
    user.role = role
    user.save(update_fields=["role"])
    return user


def deactivate(*, user: User) -> User:
    """They can no longer sign in; what they did stays theirs."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user
