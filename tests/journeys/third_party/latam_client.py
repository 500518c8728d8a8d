"""`latam-evra-ocpi`, a client of a hub in 2.3.0, as a client of ours: `python -m … ENDPOINT_FOLDER`."""

import asyncio
import sys
from typing import Any

import httpx
from latam_evra_ocpi import OcpiClient, models

from tests.journeys.third_party import conversation, reading
from tests.journeys.third_party.visitors import LIMIT

MODELS = {
    "locations": models.Location,
    "tariffs": models.Tariff,
    "tokens": models.Token,
    "sessions": models.Session,
    "cdrs": models.Cdr,
}


class Client:
    """`ocpi` is the address below which the versions are; the library wants one address for all of a version."""

    def __init__(self, ocpi: str) -> None:
        self._ocpi = ocpi

    def versions(self, token: str) -> list[str]:
        """The library asks without a token, so the client below it carries the header."""

        async def asked() -> list[str]:
            headers = {"Authorization": f"Token {reading.base64_of(token)}"}
            async with httpx.AsyncClient(headers=headers) as http:
                return [entry.version for entry in await OcpiClient(self._ocpi, http_client=http).get_versions()]

        return asyncio.run(asked())

    def register(self, token: str, url: str, roles: list[dict[str, Any]]) -> str:
        """Their POST of credentials; the token that they are to use from now on."""

        async def asked() -> str:
            async with OcpiClient(f"{self._ocpi}/2.3.0") as client:
                return str((await client.register_credentials(token, url, roles)).token)

        return asyncio.run(asked())

    def crawl(self, module: str, token: str) -> dict[str, Any]:
        """Pages by offset until one is short, as `get_…` of the library offers them."""
        return asyncio.run(self._crawl(module, token))

    async def _crawl(self, module: str, token: str) -> dict[str, Any]:
        told: dict[str, Any] = {"pages": 0, "ids": []}
        async with OcpiClient(f"{self._ocpi}/2.3.0/sender") as client:
            while True:
                page = await getattr(client, f"get_{module}")(token, offset=len(told["ids"]), limit=LIMIT)
                found = getattr(page, module)
                told["pages"] += 1
                told["ids"] += [getattr(item, "id", None) or item.uid for item in found]
                if len(found) < LIMIT:
                    return told

    def read(self, module: str, url: str, token: str) -> dict[str, Any]:
        """The same by Link, to learn all that its models refuse: `get_…` gives up at the first such object."""
        return reading.read(url, token, MODELS[module].model_validate)


def main(ocpi: str) -> None:
    client = Client(ocpi)
    conversation.answer({name: getattr(client, name) for name in ("versions", "register", "crawl", "read")})


if __name__ == "__main__":
    main(*sys.argv[1:])
