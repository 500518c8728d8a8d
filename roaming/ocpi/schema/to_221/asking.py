"""What names a token, credentials and hub client info."""

from .. import enums as e
from ..from_221 import ROLE_221
from ..known import Json
from .charges import Charges


class Asking(Charges):
    """The steps for what platforms ask of each other, on top of those for what is stored."""

    def with_token(self, value: Json, path: str) -> Json:
        result = dict(value)
        self.losses.inside(result, path, "token", self.token)
        return result

    def credentials(self, value: Json, path: str) -> Json:
        """In 2.2.1 a hub has the role HUB and lists nobody else (T107); one that came in 2.2.1 stays as it was."""
        credentials = dict(value)
        told: set[tuple[object, ...]] = set()
        self.losses.inside(credentials, path, "roles", lambda role, place: self._role_once(role, place, told))
        hub = credentials.pop("hub_party_id", None)
        roles = credentials.get("roles")
        if isinstance(hub, str) and isinstance(roles, list):
            named = {"role": "HUB", "party_id": hub[2:], "country_code": hub[:2], "business_details": {"name": hub}}
            hubs = [role for role in roles if isinstance(role, dict) and role.get("role") == "HUB"]
            if not hubs:
                credentials["roles"] = [named]
                self.losses.note(f"{path}.roles", "the parties behind a hub are not listed in OCPI 2.2.1")
        return credentials

    def _role_once(self, value: Json, path: str, told: set[tuple[object, ...]]) -> Json | None:
        """Two roles of a party may both be OTHER in 2.2.1, where each is listed once."""
        role = self.role(value, path)
        names = tuple(str(role.get(name)).upper() for name in ("role", "country_code", "party_id"))
        if names in told:
            self.losses.note(path, f"is {role.get('role')} in OCPI 2.2.1 like another one of the party, left out")
            return None
        told.add(names)
        return role

    def role(self, value: Json, path: str) -> Json:
        role = dict(value)
        self.losses.fall_back(role, path, "role", e.ROLES_221, "OTHER")
        self.losses.inside(role, path, "business_details", self.business_details)
        return role

    def client_info(self, value: Json, path: str) -> Json:
        info = self.role(value, path)
        was_hub = info.pop(ROLE_221, None) == "HUB" and info.get("role") == "OTHER"
        return info | {"role": "HUB"} if was_hub else info
