"""Reading lists as a client of another house does: page after page by Link, each object into its schema."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.journeys.third_party.visitors import LIMIT

Parse = Callable[[dict[str, Any]], Any]


def base64_of(token: str) -> str:
    return base64.b64encode(token.encode()).decode()


def read(url: str, token: str, parse: Parse) -> dict[str, Any]:
    """Every page of a list: {"pages", "total" as X-Total-Count says, "ids", "refused": {reason: ids}}."""
    told: dict[str, Any] = {"pages": 0, "ids": [], "refused": {}}
    following: str | None = f"{url}?limit={LIMIT}"
    with httpx.Client(headers={"Authorization": f"Token {token}"}) as client:
        while following:
            response = client.get(following)
            response.raise_for_status()
            told["pages"] += 1
            told["total"] = int(response.headers["X-Total-Count"])
            sift(response.json()["data"], parse, told)
            following = response.links.get("next", {}).get("url")
    return told


def sift(objects: list[dict[str, Any]], parse: Parse, told: dict[str, Any]) -> None:
    """Note each object in `told`, and why its schema would not have it."""
    for value in objects:
        name = value.get("id") or value.get("uid")
        told["ids"].append(name)
        try:
            parse(value)
        except Exception as error:
            for reason in reasons(error):
                told["refused"].setdefault(reason, []).append(name)


def reasons(error: Exception) -> list[str]:
    """Each fault once, without the numbers of list entries: pydantic lists them, others say one."""
    listed: Callable[[], list[Mapping[str, Any]]] | None = getattr(error, "errors", None)
    if not callable(listed):
        return [f"{type(error).__name__}: {error}"]
    return sorted({f"{_path(fault['loc'])}: {fault['msg']}" for fault in listed()})


def _path(location: tuple[str | int, ...]) -> str:
    return ".".join(part for part in location if isinstance(part, str) and part != "__root__")
