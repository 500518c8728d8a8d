"""The two FastAPI libraries as partner platforms: their server on a port, their schemas, their push."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import uvicorn
from py_ocpi.core.enums import ModuleID
from py_ocpi.core.push import push_object
from py_ocpi.core.schemas import Push, Receiver
from py_ocpi.modules.versions.enums import VersionNumber

from tests.journeys.third_party import conversation, reading
from tests.journeys.third_party.memory import Json, Memory, versions_url

Schemas = Mapping[str, Callable[..., Any]]


def serve(app: Any) -> None:
    """The library's application on OCPI_HOST, in a thread; returns when it listens."""
    host, _, port = os.environ["OCPI_HOST"].partition(":")
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=int(port), log_level="warning", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.02)


class Peer:
    """`header` writes a token as this version wants it, `schemas` parse what each list holds."""

    def __init__(self, version: str, header: Callable[[str], str], schemas: Schemas, adapter: Any) -> None:
        self._version = version
        self._header = header
        self._schemas = schemas
        self._adapter = adapter
        self._details_url = ""

    def converse(self) -> None:
        conversation.answer(
            {name: getattr(self, name) for name in ("invite", "register", "read", "put", "push", "held")}
        )

    def invite(self, token: str) -> str:
        """Whoever has `token` may register here, at the URL returned."""
        Memory.tokens_a.add(token)
        return versions_url()

    def register(self, versions_url: str, token: str) -> str:
        """Neither library starts a registration, so this is an integrator's: their schemas say what is read."""
        with httpx.Client(headers={"Authorization": f"Token {self._header(token)}"}) as client:
            versions = client.get(versions_url).json()["data"]
            self._details_url = next(entry["url"] for entry in versions if entry["version"] == self._version)
            details = client.get(self._details_url).json()["data"]
            url = next(entry["url"] for entry in details["endpoints"] if entry["identifier"] == "credentials")
            sent = self._schemas["credentials"](**Memory.credentials())
            answer = client.post(url, content=sent.json(), headers={"Content-Type": "application/json"}).json()
        if answer["status_code"] != 1000:
            return str(answer["status_message"])
        Memory.partner = {"credentials": self._schemas["credentials"](**answer["data"]).dict(), "endpoints": details}
        return "registered"

    def read(self, module: str) -> Json:
        """Every page of the list that we serve of `module`."""
        schema = self._schemas[module]
        return reading.read(self._url(module, "SENDER"), self._header(self._token), lambda value: schema(**value))

    def put(self, module: str, data: Json) -> int:
        """An integrator's PUT of an object of theirs, as it is; OCPI's status code."""
        owner = {**data, **Memory.own_credentials}
        tail = f"{owner['country_code']}/{owner['party_id']}/{data.get('id') or data['uid']}"
        url = f"{self._url(module, 'RECEIVER')}/{tail}"
        answer = httpx.put(url, json=data, headers={"Authorization": f"Token {self._header(self._token)}"}).json()
        return int(answer["status_code"])

    def push(self, module: str, data: Json) -> Json:
        """Own `data` and let the library push it to us; {"status": HTTP status, "answer": …}."""
        name = str(data.get("id") or data.get("uid"))
        Memory.owned.setdefault(module, {})[name] = data
        receiver = Receiver(endpoints_url=self._details_url or self._found_details(), auth_token=self._token)
        order = Push(module_id=ModuleID(module), object_id=name, receivers=[receiver])
        pushing = push_object(VersionNumber(self._version), order, Memory, self._adapter)
        done = asyncio.run(pushing).receiver_responses[0]
        return {"status": done.status_code, "answer": dict(done.response)}

    def held(self, module: str) -> list[str]:
        """The ids of what we pushed to them."""
        return sorted(Memory.received.get(module, {}))

    def _url(self, module: str, role: str) -> str:
        listed = Memory.partner["endpoints"]["endpoints"]
        return next(str(e["url"]) for e in listed if e["identifier"] == module and e.get("role", role) == role)

    @property
    def _token(self) -> str:
        return str(Memory.partner["credentials"]["token"])

    def _found_details(self) -> str:
        with httpx.Client(headers={"Authorization": f"Token {self._header(self._token)}"}) as client:
            versions = client.get(Memory.partner["credentials"]["url"]).json()["data"]
        return next(str(entry["url"]) for entry in versions if entry["version"] == self._version)
