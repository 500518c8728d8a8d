"""The OCPI versions this platform offers, and where its interfaces are."""

from django.conf import settings

# Oldest first.
OFFERED = ("2.1.1", "2.2.1", "2.3.0")
NEWEST_SHAPE = "2.3.0"


def version_url(version: str) -> str:
    """Our version details of one version."""
    return f"{settings.PORTAL_URL}/ocpi/{version}"


def endpoint_url(version: str, identifier: str, role: str) -> str:
    """Our URL of one interface; `role` is ours, SENDER or RECEIVER, and without meaning for credentials."""
    if identifier == "credentials":
        return f"{version_url(version)}/credentials"
    return f"{version_url(version)}/{role.lower()}/{identifier}"
