"""The readings of a policy in words: what is asked, and what each value answers."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "step_size_volume": (
        "What is rounded up to whole steps",
        {"billable": "what has a price", "all": "all that was metered"},
    ),
    "step_size_scope": (
        "When energy and time are rounded up",
        {"session": "once a session", "period": "in each period", "none": "never"},
    ),
    "time_step": (
        "Which time is rounded up",
        {"parking": "parking, where it has a price", "last": "whichever came last"},
    ),
    "parking_used": (
        "A period with no parking but its name (a volume of 0)",
        {"volume": "nobody parked", "presence": "somebody parked"},
    ),
    "written_hours": (
        "A time of four decimals of an hour",
        {"literal": "as it is written", "whole_seconds": "the whole seconds that it was rounded from"},
    ),
    "threshold_inside_period": (
        "A restriction that changes inside a period",
        {"start": "the start of the period decides", "split": "the period is cut there"},
    ),
    "flat": (
        "Fees that become active one after the other",
        {"once": "the first only", "each": "each of them once"},
    ),
    "selection": (
        "Which element counts",
        {"dimension": "the first for each dimension", "element": "only the first that matches"},
    ),
    "missing_measurement": (
        "A restriction of power or current that was not measured",
        {"no_match": "does not hold", "match": "holds"},
    ),
    "straddling": (
        "Lowest and highest power on both sides of a bound",
        {"opposite": "each bound asks the side that meets it", "same": "each bound asks its namesake"},
    ),
    "equal_times": (
        "A start_time equal to the end_time",
        {"whole_day": "the whole day", "never": "no time at all"},
    ),
    "unnamed_tariff": (
        "A period without a tariff beside others with one",
        {"default": "the default tariff prices it", "free": "it costs nothing"},
    ),
    "unknown_tariff": (
        "A period with a tariff that is not there",
        {"refuse": "it has no price", "default": "the default tariff prices it"},
    ),
    "tax_without_rate": (
        "A price without a VAT rate",
        {"none_applies": "no tax applies", "unknown": "the price after tax is not known"},
    ),
    "limit_without_tax": (
        "A limit that does not say what it is after tax",
        {"scale": "taxed like the session", "keep": "the amount after tax stays"},
    ),
    "rounding": (
        "Where amounts are rounded",
        {
            "per_cdr_half_up": "in each CDR, half up",
            "per_cdr_half_even": "in each CDR, half to even",
            "per_line_half_up": "in each line, half up",
            "per_line_half_even": "in each line, half to even",
            "per_invoice_half_up": "on the invoice only, half up",
        },
    ),
}


def instead(name: str, value: str, of: str) -> str:
    """`When energy and time are rounded up: in each period, not once a session`."""
    question, answers = WORDS[name]
    return f"{question}: {answers[value]}, not {answers[of]}"
