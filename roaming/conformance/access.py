"""Looking at the platform as a whole: how it takes our token, what it refuses, and its clock."""

import ipaddress
import secrets
from statistics import median
from urllib.parse import urlsplit

from partners.connections.models import Connection
from roaming.conformance import answers
from roaming.conformance.probe import Probe
from roaming.conformance.seen import Seen
from roaming.conformance.sheet import Sheet

_SKEW_SECONDS = 10


def look_at_tls(sheet: Sheet, connection: Connection) -> None:
    """Whether tokens travel encrypted (T108)."""
    parts = urlsplit(connection.versions_url)
    if parts.scheme == "http" and _is_private(parts.hostname or ""):
        sheet.leaves("tls", "The address is a private one, as test systems have.")
        return
    sentence = "Their addresses are plain http: tokens travel in the clear."
    sheet.says("tls", parts.scheme == "https", None, sentence, "https://…", connection.versions_url)


def first(sheet: Sheet, probe: Probe, connection: Connection) -> Seen:
    """GET versions, with the token as the version writes it, and where that is refused as it does not (T2, T3)."""
    right, other, quirk = ("as it is", "in Base64", "base64_token")
    if connection.version != "2.1.1":
        right, other, quirk = (other, right, "plain_token")
    seen = probe.get(connection.versions_url)
    if not seen.http:
        seen = probe.get(connection.versions_url)
    if seen.http != 401:
        sheet.says("token_form", True, seen, "")
        sheet.quirk(quirk, False)
        return seen
    probe.adopt(**{quirk: True})
    again = probe.get(connection.versions_url)
    if again.http == 401:
        probe.adopt(**{quirk: False})
        sheet.says("token_form", False, seen, f"The token is refused, {right} and {other}.", "HTTP 200", str(seen))
        return seen
    sheet.quirk(quirk, True)
    sheet.says("token_form", False, seen, f"The token is refused {right}, and taken {other}.", right, other)
    return again


def look_at_refusals(sheet: Sheet, probe: Probe, *, a_list: str, root: str) -> None:
    """Ask `a_list` once with a wrong token (T4), and for an address below `root` that cannot exist (T22)."""
    wrong = probe.get(a_list, {"limit": 1}, token=f"wrong-{secrets.token_hex(16)}")
    if answers.refusal(sheet, "wrong_token", wrong, 401, "A token that nobody has"):
        answers.repeats(sheet, wrong)
    nowhere = probe.get(f"{root.rstrip('/')}/nothing-here-{secrets.token_hex(8)}")
    if answers.refusal(sheet, "unknown_path", nowhere, 404, "An address that does not exist"):
        answers.repeats(sheet, nowhere)


def look_at_clock(sheet: Sheet, probe: Probe) -> None:
    """Their clock by all answers so far, against the middle of each call."""
    if not probe.skews:
        return
    skew = round(median(probe.skews))
    right = abs(skew) < _SKEW_SECONDS
    sheet.quirk("clock_skew_seconds", 0 if right else skew)
    where = "ahead of" if skew > 0 else "behind"
    sheet.says("clock", right, None, f"Their clock is {abs(skew)} seconds {where} ours.", "0 s", f"{skew} s")


def _is_private(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
