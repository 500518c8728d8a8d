"""Nobody sees what no agreement opens to it: worlds made by chance, walked by every platform at every address.

An oracle in plain Python says what each may see. Every answer is searched for the marker of anything else; lists and
counts must be exactly right; refusals must not tell what exists from what does not. `VISIBILITY_SEED=7` walks another
world.
"""

import os
import random
from typing import Any

import pytest
import time_machine

from tests import cast
from tests.roaming.visibility.delivery import check_delivery
from tests.roaming.visibility.guesses import Guesses
from tests.roaming.visibility.lists import Lists
from tests.roaming.visibility.oracle import Oracle
from tests.roaming.visibility.questions import Questions
from tests.roaming.visibility.speaking import Speaking
from tests.roaming.visibility.visitor import found_in
from tests.roaming.visibility.world import World, drawn, settled

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
SEEDS = [int(os.environ["VISIBILITY_SEED"])] if os.environ.get("VISIBILITY_SEED") else [20260102]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_sees_what_no_agreement_opens_to_it(seed: int) -> None:
    """L1, K1, T42, T74, trap 18: for every list, filter, page, id, owner, header, answer and push."""
    from tests.roaming.visibility.contents import Filling

    print(f"VISIBILITY_SEED={seed}")
    chance = random.Random(seed)
    with time_machine.travel(cast.NOW, tick=False):
        world = drawn(chance, cast.NOW)
        settled(world)
        Filling(chance, world).fill()
        check_pushes(world)
        before = everything()
        for platform in world.platforms:
            for version in VERSIONS:
                Walk(world, platform, version, chance).walk()
        assert everything() == before, "nobody changed anything by looking or guessing"
        # What waits for a partner that may not have it any more is not sent.
        check_delivery(world)


def everything() -> list[tuple[Any, ...]]:
    """All that partners could have written."""
    from django.apps import apps

    from roaming.ocpi.models import OcpiObject

    models = [model for model in apps.get_models() if issubclass(model, OcpiObject)]
    return [row for model in models for row in model._default_manager.order_by("pk").values_list("pk", "party", "body")]


def check_pushes(world: World) -> None:
    """Nothing was put into the outbox of anybody who may not know it."""
    from roaming.exchange.models import Push

    oracles = {name: Oracle(world, name) for name in world.platforms}
    allowed = {
        name: {thing.marker for thing in world.things if oracle.is_pushed(thing)} for name, oracle in oracles.items()
    }
    clients = {name: {code for code, _ in oracle.clients()} for name, oracle in oracles.items()}
    told = 0
    for push in Push.objects.select_related("connection", "to_party"):
        found = found_in(push.body)
        assert found <= allowed[push.connection.name], f"{push.connection} is sent {push.method} {push.path}"
        if push.kind == "client_info":
            assert push.path.replace("/", "*") in clients[push.connection.name]
        told += len(found)
    assert told > 10, "the world is too quiet to prove anything"


class Walk(Lists, Guesses, Questions, Speaking):
    """One platform at every address of one version."""

    def walk(self) -> None:
        self.lists()
        self.pages_of_others()
        self.by_id()
        self.read_back()
        self.writing_for_others()
        self.asking()
        self.speaking()
        self.clients()
