"""`python-ocpi`, a Flask blueprint for 2.2 with the client half of a registration: `python -m … CREDENTIALS`."""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from flask import Flask, jsonify
from flask_restx import Api
from ocpi import createOcpiBlueprint
from ocpi.managers import CredentialsDictMan
from ocpi.namespaces.cdrs import cdrs_ns
from ocpi.namespaces.locations import locations_ns
from ocpi.namespaces.sessions import sessions_ns
from ocpi.namespaces.tariffs import tariffs_ns
from ocpi.namespaces.tokens import tokens_ns
from werkzeug.exceptions import BadRequest
from werkzeug.serving import make_server

from tests.journeys.third_party import conversation, reading

MODELS = {
    "locations": (locations_ns, "Location"),
    "tariffs": (tariffs_ns, "Tariff"),
    "tokens": (tokens_ns, "Token"),
    "sessions": (sessions_ns, "Session"),
    "cdrs": (cdrs_ns, "Cdr"),
}
TOKEN = "token-of-python-ocpi"


class Refused(Exception):
    """`errors()` as pydantic has it."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {fault}" for path, fault in faults.items()))
        self._faults = faults

    def errors(self) -> list[dict[str, Any]]:
        return [{"loc": tuple(path.split(".")), "msg": fault[:80]} for path, fault in self._faults.items()]


class Partner:
    """The library on OCPI_HOST. What it answers at `versions` is no list, so a right answer stands at `repaired`."""

    def __init__(self, own: dict[str, Any]) -> None:
        host = os.environ["OCPI_HOST"]
        self._url = f"http://{host}/ocpi"
        self._book = str(Path(tempfile.mkdtemp()) / "credentials.json")
        self._roles = own["roles"]
        app = Flask(__name__)
        manager = self._manager("versions")
        app.register_blueprint(createOcpiBlueprint(self._url, {"credentials": {"role": "SENDER", "object": manager}}))
        app.add_url_rule("/repaired/versions", view_func=self._versions)
        app.add_url_rule("/repaired/2.2.1", view_func=self._details)
        self._api = Api(Flask("schemas"))
        for namespace, _ in MODELS.values():
            self._api.add_namespace(namespace)
        name, _, port = host.partition(":")
        threading.Thread(target=make_server(name, int(port), app, threaded=True).serve_forever, daemon=True).start()

    def register(self, ocpi: str, token: str, page: str) -> str:
        """Its client half: POST below `ocpi`, or PUT when that is a 405. `page` is where its versions are."""
        got: str = self._manager(page)._sendRegisterResponse(ocpi, "2.2.1", TOKEN, token)
        return got

    def read(self, module: str, url: str, token: str) -> dict[str, Any]:
        namespace, name = MODELS[module]
        model = namespace.models[name]

        def parse(value: dict[str, Any]) -> None:
            try:
                model.validate(value, self._api.refresolver, None)
            except BadRequest as error:
                raise Refused(vars(error)["data"]["errors"]) from None

        return reading.read(url, reading.base64_of(token), parse)

    def _manager(self, page: str) -> Any:
        return CredentialsDictMan(self._roles, f"{self._url.removesuffix('/ocpi')}/{page}", self._book)

    def _versions(self) -> Any:
        url = self._url.replace("/ocpi", "/repaired/2.2.1")
        return jsonify(status_code=1000, timestamp="2026-11-22T00:00:00Z", data=[{"version": "2.2.1", "url": url}])

    def _details(self) -> Any:
        endpoints = [
            {"identifier": module, "role": role, "url": f"{self._url}/2.2/{module}"}
            for module, role in [("credentials", "SENDER"), ("locations", "RECEIVER"), ("tokens", "SENDER")]
        ]
        data = {"version": "2.2.1", "endpoints": endpoints}
        return jsonify(status_code=1000, timestamp="2026-11-22T00:00:00Z", data=data)


def main(credentials: str) -> None:
    partner = Partner(json.loads(credentials))
    conversation.answer({name: getattr(partner, name) for name in ("register", "read")})


if __name__ == "__main__":
    main(*sys.argv[1:])
