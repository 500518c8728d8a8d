from partners.agreements.admin import AgreementAdmin
from partners.connections.admin import ConnectionAdmin
from partners.parties.admin import PartyAdmin
from partners.partners.admin import PartnerAdmin
from partners.people.admin import UserAdmin

__all__ = ["AgreementAdmin", "ConnectionAdmin", "PartnerAdmin", "PartyAdmin", "UserAdmin"]
