"""What a party owns, told to the portal: tariffs before the stations that name them, and cards."""

from typing import TYPE_CHECKING

from roaming.simulator.caller import expect
from roaming.simulator.world import Estate

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform


def put_all(platform: "Platform", estate: Estate) -> None:
    """PUT each object of the estate at the portal's receiver, as its owner. Raises Refused and CallFailed."""
    party = estate.party
    for module, data in estate.objects():
        tail = f"/{party.country_code}/{party.party_id}/{data['uid' if module == 'tokens' else 'id']}"
        params = {"type": data["type"]} if module == "tokens" and platform.version != "2.1.1" else None
        answer = platform.send("PUT", module, "RECEIVER", tail, body=data, params=params, sender=party.owner)
        expect(answer, f"PUT of {module} {data.get('id') or data['uid']}")
