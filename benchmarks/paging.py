"""`make bench ARGS=paging`: a list of a million CDRs, read through the OCPI door, in a database of its own that is made
and dropped. docs/benchmarks.md tells what to expect."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import connection as database

from benchmarks.clock import seconds
from tests import cast
from tests.roaming.calls import Caller, Reply

LIST = "/sender/cdrs"
PAGE = 100
# As many CDRs as asked for, of one CPO; every tenth is of another eMSP's driver.
_FILL = """
INSERT INTO roaming_cdr (party_id, emsp_id, emsp_code, agreement_id, ocpi_id, body, last_updated, created_at,
    changed_at, state, state_at, state_reason, started_at, ended_at, session_id, token_uid, contract_id, location_id,
    evse_id, energy_kwh, currency, total_cost, credit, credit_reference_id, raw, raw_version, content_sha256,
    received_at, via)
SELECT %(cpo)s, CASE WHEN n %% 10 = 0 THEN %(other)s ELSE %(emsp)s END, 'DE*NMD', %(agreement)s, 'C' || n,
    json_build_object('id', 'C' || n, 'remark', repeat(md5(n::text), 30))::text, at, at, at,
    'accepted', at, '', at, at + interval '1 hour', '', 'T', 'K', 'L', 'E',
    10, 'EUR', 4, false, '', '', '2.3.0', '', at, 'push'
FROM generate_series(1, %(rows)s) n, LATERAL (SELECT timestamptz '2026-02-01' + n * interval '20 seconds' AS at) _
"""


def main(rows: int = 1_000_000) -> None:
    """Print milliseconds, and ratios to the second page."""
    with own_database():
        _fill(rows)
        reader = Caller("Nomad", "2.3.0")
        base = 0.0
        for name, url in _pages(reader).items():
            taken = seconds(lambda url=url: _read(reader, url))  # type: ignore[misc]
            base = base or taken
            print(f"{name:34} {taken * 1e3:10.1f} ms {taken / base:10.2f}", flush=True)


def _pages(reader: Caller) -> dict[str, str]:
    first = reader.get(LIST)
    total = int(first.headers["X-Total-Count"])
    last = _link(reader.get(LIST, offset=total - 2 * PAGE))
    assert int(parse_qs(urlsplit(last).query)["offset"][0]) == total - PAGE
    return {
        "second page, by its link": _link(first),
        "last page, by its link": last,
        "first page, which counts": f"/ocpi/2.3.0{LIST}",
        "last page, by its offset": f"/ocpi/2.3.0{LIST}?offset={total - PAGE}",
    }


def _read(reader: Caller, url: str) -> None:
    assert len(reader.follow(url).data) == PAGE


def _link(page: Reply) -> str:
    return page.headers["Link"].removeprefix("<").split(">")[0]


@contextmanager
def own_database() -> Iterator[None]:
    settings.ALLOWED_HOSTS = ["*"]
    name = str(database.settings_dict["NAME"])
    database.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        database.creation.destroy_test_db(name, verbosity=0)


def _fill(rows: int) -> None:
    cast.volta(url="http://volta.invalid")
    cast.nomad(url="http://nomad.invalid")
    cast.cleo(url="http://cleo.invalid")
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    keys = {
        "cpo": cast.party("NL*VLT", "CPO").pk,
        "emsp": cast.party("DE*NMD", "EMSP").pk,
        "other": cast.party("BE*CLO", "EMSP").pk,
        "agreement": agreement.pk,
        "rows": rows,
    }
    with database.cursor() as cursor:
        cursor.execute(_FILL, keys)
        cursor.execute("VACUUM ANALYZE roaming_cdr")
