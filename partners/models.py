from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party
from partners.partners.models import Partner
from partners.people.models import User

__all__ = ["Agreement", "Connection", "Partner", "Party", "User"]
