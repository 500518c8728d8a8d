"""Drivers in the journal: their cards, contracts and e-mail addresses stand there as masks, the same card always as the
same one, so that it is recognised and, by who knows it, found.

Texts are scanned, not decoded: that costs a request next to nothing, and what is cut off, broken or no JSON at all is
masked as well.
"""

import json
import re
from urllib.parse import unquote

from roaming.exchange.targets import TOKENS, Target
from roaming.kernel import crypto

# So many persons of one exchange are found again; a page of a list is about nobody in particular.
MOST_MARKS = 20
_SHOWN_FROM, _WORTH_LOOKING = 8, 6
_ALWAYS = ("contract_id", "visual_number", "group_id", "auth_id", "token_uid", "id_tag", "email", "e-mail")
_NAMES = "|".join(("uid", *_ALWAYS))
_STRING = r'[^"\\]*(?:\\.[^"\\]*)*'
_SCALAR = re.compile(rf'"(?P<text>{_STRING})(?P<end>"?)|(?P<bare>[-+]?\d[^\s,\]}}]*)', re.DOTALL)
# A uid is an EVSE's or a card's: the nearest list or object before it tells. JSON may stand inside a text, and then has
# backslashes before its quotes. The look at the first letter spares most names the rest.
_NAMED = (
    rf'"(?=[abceg-ipt-v])(?:(?:(?P<place>evses?)|(?P<card>(?:cdr_|booking_)?tokens?|publish_allowed_to))\\*"\s*:\s*[\[{{]'
    rf'|(?P<name>{_NAMES})\\*"\s*:\s*'
    rf'(?:"(?P<text>{_STRING})|\\+"(?P<inner>[^"\\]*)|(?P<other>[-+]?\d[^\s,\]}}]*|\[[^\[\]{{}}]*\]?)))'
)
_SCAN = re.compile(_NAMED, re.DOTALL)
_SCAN_ANY_CASE = re.compile(_NAMED, re.DOTALL | re.IGNORECASE)
_ASSIGNED = re.compile(rf"(?P<head>(?:^|[?&;\s])(?:{_NAMES})=)(?P<value>[^&;\s]+)", re.IGNORECASE)
_CARD = re.compile(
    r"(?P<before>/*(?:[A-Za-z]{2}/[A-Za-z0-9*]{3}/)?)(?P<uid>.*?)(?P<after>(?:/authorize)?/*)", re.DOTALL
)
_MASK = re.compile(r"….*\(([0-9a-f]{8})\)")
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_SPELLED_OUT = re.compile(r"(?<!\\)\\u00(3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a]|2d)", re.IGNORECASE)


def mask(value: str) -> str:
    """`04…22(5f0c1e77)`: the ends of a longer one, for who compares by eye, and its mark."""
    ends = f"{value[:2]}…{value[-2:]}" if len(value) >= _SHOWN_FROM else "…"
    return f"{ends}({crypto.marks(value)[0]})"


def marks(text: str) -> list[str]:
    """The marks of somebody whose card, contract or address, or mask of it, a person typed."""
    masked = _MASK.search(text)
    return [masked[1]] if masked else crypto.marks(text)


class Masks:
    """The masks of one exchange. Hand it the bodies first: a person that they name is masked in its sentences too."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    @property
    def marks(self) -> list[str]:
        """The marks of those that were masked, by which the exchange is found."""
        return sorted({crypto.marks(value)[0] for value in list(self._found)[:MOST_MARKS]})

    def of(self, value: str) -> str:
        if value and value not in self._found:
            self._found[value] = mask(value)
        return self._found.get(value, "")

    def body(self, text: str, module: str) -> str:
        """A body of an exchange about `module`, whole or cut off."""
        if "\\u00" in text:
            text = _SPELLED_OUT.sub(lambda found: chr(int(found[1], 16)), text)
        names = (*_ALWAYS, "publish_allowed_to" if module == "locations" else "uid")  # those of places are EVSEs'
        lowered = text.lower()
        if any(name in lowered for name in names):
            as_written = all(lowered.count(name) == text.count(name) for name in names)
            text = self._scanned(_SCAN if as_written else _SCAN_ANY_CASE, text, module)
        return self._addresses(text)

    def url(self, url: str, target: Target) -> str:
        path, mark, query = url.partition("?")
        if target.tail_at is not None and target.module in ("", TOKENS):
            path = path[: target.tail_at] + self._tail(path[target.tail_at :])
        return self._addresses(path + _ASSIGNED.sub(self._assigned, mark + query))

    def sentence(self, text: str) -> str:
        """A text about the exchange, without those that its bodies and its address name."""
        for value, masked in list(self._found.items())[:MOST_MARKS]:
            if len(value) >= _WORTH_LOOKING and value in text:
                text = text.replace(value, masked)
        return self._addresses(text)

    def _scanned(self, pattern: re.Pattern[str], text: str, module: str) -> str:
        cards = module != "locations"

        def replaced(found: re.Match[str]) -> str:
            nonlocal cards
            if found["name"] is None:
                cards = found["card"] is not None
                return found[0]
            if found["name"].lower() == "uid" and not cards:
                return found[0]
            return self._named(found)

        text = pattern.sub(replaced, text)
        return text if text.lstrip()[:1] in ("{", "[") else _ASSIGNED.sub(self._assigned, text)

    def _named(self, found: re.Match[str]) -> str:
        """A name and its value, which is a text, one inside a text, or whatever else stands there by mistake."""
        if found["text"] is not None:
            return found[0][: found.start("text") - found.start()] + self._text(found["text"])
        if found["inner"] is not None:
            return found[0][: found.start("inner") - found.start()] + self.of(found["inner"])
        return found[0][: found.start("other") - found.start()] + _SCALAR.sub(self._scalar, found["other"])

    def _scalar(self, found: re.Match[str]) -> str:
        return f'"{self.of(found["bare"])}"' if found["bare"] else f'"{self._text(found["text"])}{found["end"]}'

    def _text(self, text: str) -> str:
        """What stands between the quotes of a JSON text."""
        if "\\" not in text:
            return self.of(text)
        try:
            plain = str(json.loads(f'"{text}"', strict=False))
        except ValueError:
            return self.of(text).replace("\\", "")
        return json.dumps(self.of(plain), ensure_ascii=False)[1:-1]

    def _assigned(self, found: re.Match[str]) -> str:
        return found["head"] + self.of(unquote(found["value"]))

    def _tail(self, tail: str) -> str:
        found = _CARD.fullmatch(tail)
        return found["before"] + self.of(unquote(found["uid"])) + found["after"] if found else tail

    def _addresses(self, text: str) -> str:
        return _EMAIL.sub(lambda found: self.of(found[0]), text) if "@" in text else text
