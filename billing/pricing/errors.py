"""Why there is no price: every refusal has a stable code, the JSON path of what is wrong, and a sentence."""


class PricingError(ValueError):
    """`code` is for programs and never changes, `path` is a JSON path (`$.elements[2]`), `sentence` is for people."""

    def __init__(self, code: str, path: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.path = path
        self.sentence = sentence


class Unreadable(PricingError):
    """A CDR, Session or Tariff lacks what pricing needs, or has it in a wrong form."""


class CannotPrice(PricingError):
    """It can be read, but not priced with certainty."""


class TimeZoneUnknown(CannotPrice):
    """Prices depend on the local time, and nothing says which zone that is."""
