"""What an integrator of the FastAPI libraries writes: where objects and credentials are kept. Here: in memory.

Both libraries (`py-ocpi`, and `extrawest-ocpi` which grew out of it) call the same methods of one class.
"""

import os
import secrets
from typing import Any

Json = dict[str, Any]


class Memory:
    """`tokens_a` may register; `partner` is what the registration left: their credentials and endpoints."""

    own_credentials: Json = {}
    tokens_a: set[str] = set()
    tokens_c: set[str] = set()
    partner: Json = {}
    owned: dict[str, dict[str, Json]] = {}
    received: dict[str, dict[str, Json]] = {}

    @classmethod
    async def get(cls, module: Any, role: Any, id: Any, *args: Any, **named: Any) -> Any:
        if module.value == "credentials":
            return cls.own_credentials
        return {**cls.received.get(module.value, {}), **cls.owned.get(module.value, {})}.get(str(id))

    @classmethod
    async def list(cls, module: Any, role: Any, filters: Json, *args: Any, **named: Any) -> tuple[Any, int, bool]:
        found = list(cls.owned.get(module.value, {}).values())
        return found[filters["offset"] : filters["offset"] + filters["limit"]], len(found), True

    @classmethod
    async def create(cls, module: Any, role: Any, data: Json, *args: Any, **named: Any) -> Json:
        if module.value == "credentials":
            return cls.registered(data, named["auth_token"])
        cls.received.setdefault(module.value, {})[str(data.get("id") or data.get("uid"))] = data
        return data

    @classmethod
    async def update(cls, module: Any, role: Any, data: Json, id: Any, *args: Any, **named: Any) -> Json:
        return await cls.create(module, role, data, **named)

    @classmethod
    async def delete(cls, module: Any, role: Any, id: Any, *args: Any, **named: Any) -> None:
        cls.received.get(module.value, {}).pop(str(id), None)

    @classmethod
    async def do(cls, module: Any, role: Any, action: Any, *args: Any, **named: Any) -> Any:
        """`py-ocpi` asks here for the token of a caller: something true when registered, None for a stranger."""
        token = named.get("auth_token")
        return token if token in cls.tokens_c else ("" if token in cls.tokens_a else None)

    @classmethod
    def registered(cls, data: Json, token: str) -> Json:
        """Keep the partner's credentials, and answer with ours and a new token."""
        cls.partner = data
        cls.tokens_a.discard(token)
        return cls.credentials()

    @classmethod
    def credentials(cls) -> Json:
        token = secrets.token_hex(24)  # in 2.1.1 extrawest-ocpi fails at one that is nearly Base64
        cls.tokens_c.add(token)
        return {**cls.own_credentials, "token": token}


def versions_url() -> str:
    return f"http://{os.environ['OCPI_HOST']}/ocpi/versions"
