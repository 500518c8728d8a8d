"""Tariffs as a file: one row for each price component; what is said of the tariff and of the element repeats. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

from roaming.ocpi.schema import enums
from roaming.ocpi.schema.wire import canonical
from roaming.own_objects.columns import Column, written
from roaming.own_objects.sheets.sheet import Built, Data, Row, RowError, Sheet, grouped, says_anything
from roaming.own_objects.spellings import CAPITALS, MOMENT, NUMBER, TEXTS, WHOLE, one_of, some_of

TARIFF = (
    Column("id", ("id",), about="Never changes; connectors name it.", label="Id", key=True, required=True),
    Column("currency", ("currency",), CAPITALS, "Three letters, as in EUR.", required=True),
    Column("type", ("type",), one_of(get_args(enums.TariffType)), "For which sessions. Empty: for all.", label="For"),
    Column(
        "tax_included",
        ("tax_included",),
        one_of(get_args(enums.TaxIncluded)),
        "Whether the prices contain tax.",
        required=True,
    ),
    Column("valid_from", ("start_date_time",), MOMENT, "UTC, as in 2027-01-01T00:00:00Z. Empty: already."),
    Column("valid_until", ("end_date_time",), MOMENT, "UTC. Empty: until it is deleted."),
    Column("texts", ("tariff_alt_text",), TEXTS, "For drivers, as in “en: 0.40 a kWh | nl: 0,40 per kWh”."),
    Column(
        "min_price", ("min_price", "before_taxes"), NUMBER, "A session costs at least this, before tax.", alone=True
    ),
    Column("min_price_after_taxes", ("min_price", "after_taxes"), NUMBER, "The same with tax."),
    Column("max_price", ("max_price", "before_taxes"), NUMBER, "A session costs at most this, before tax.", alone=True),
    Column("max_price_after_taxes", ("max_price", "after_taxes"), NUMBER, "The same with tax."),
)
ELEMENT_NAME = Column(
    "element", (), about="Rows of one element have the same number or name; for each kind of price the first counts."
)
RESTRICTIONS = (
    Column("start_time", ("restrictions", "start_time"), about="From that time of day on, as in 23:00."),
    Column("end_time", ("restrictions", "end_time"), about="Until that time of day, as in 07:00."),
    Column("start_date", ("restrictions", "start_date"), about="From that day on, as in 2027-01-01."),
    Column("end_date", ("restrictions", "end_date"), about="Before that day."),
    Column("min_kwh", ("restrictions", "min_kwh"), NUMBER, "After so many kWh."),
    Column("max_kwh", ("restrictions", "max_kwh"), NUMBER, "Up to so many kWh."),
    Column("min_current", ("restrictions", "min_current"), NUMBER, "From so many amperes."),
    Column("max_current", ("restrictions", "max_current"), NUMBER, "Below so many amperes."),
    Column("min_power", ("restrictions", "min_power"), NUMBER, "From so many kW."),
    Column("max_power", ("restrictions", "max_power"), NUMBER, "Below so many kW."),
    Column("min_duration", ("restrictions", "min_duration"), WHOLE, "After so many seconds."),
    Column("max_duration", ("restrictions", "max_duration"), WHOLE, "In the first so many seconds."),
    Column("days", ("restrictions", "day_of_week"), some_of(get_args(enums.DayOfWeek)), "As in SATURDAY|SUNDAY."),
    Column(
        "reservation",
        ("restrictions", "reservation"),
        one_of(get_args(enums.ReservationRestriction)),
        "For reservations instead of charging.",
    ),
    Column("booking", ("restrictions", "booking"), one_of(get_args(enums.BookingRestriction)), "For bookings instead."),
)
COMPONENT = (
    Column(
        "component",
        ("type",),
        one_of(get_args(enums.TariffDimensionType)),
        "What is paid for.",
        key=True,
        required=True,
    ),
    Column("price", ("price",), NUMBER, "Per kWh, per hour, or once (FLAT).", required=True),
    Column("vat", ("vat",), NUMBER, "Percent."),
    Column("step_size", ("step_size",), WHOLE, "Billed in steps of so many Wh or seconds. Empty: 1.", otherwise=1),
)

EXAMPLE: Data = {
    "id": "AC22",
    "currency": "EUR",
    "tax_included": "NO",
    "tariff_alt_text": [{"language": "en", "text": "0.25 a kWh at night, 0.40 by day; start fee 0.50"}],
    "elements": [
        {
            "restrictions": {"start_time": "23:00", "end_time": "07:00"},
            "price_components": [{"type": "ENERGY", "price": Decimal("0.25"), "vat": 21, "step_size": 1}],
        },
        {
            "price_components": [
                {"type": "ENERGY", "price": Decimal("0.40"), "vat": 21, "step_size": 1},
                {"type": "FLAT", "price": Decimal("0.50"), "vat": 21, "step_size": 1},
            ]
        },
    ],
}


def rows(tariff: Data) -> list[dict[str, str]]:
    around = written(TARIFF, tariff)
    return [around | row for row in _element_rows(tariff["elements"])]


def _element_rows(elements: Sequence[Data]) -> list[dict[str, str]]:
    return [
        {"element": str(number)} | written(RESTRICTIONS, element) | written(COMPONENT, component)
        for number, element in enumerate(elements, start=1)
        for component in element["price_components"]
    ]


def build(found: Sequence[Row], stored: Data | None) -> Built:
    """The rows of a tariff are all its prices: others that it had are gone. A file without the column of components
    leaves the prices alone."""
    built = Built(found)
    built.data = built.filled(TARIFF, found, stored or {})
    priced = _priced(built, found)
    if not any("component" in row.cells for row in found):
        return built
    elements = _elements(built, priced)
    if stored is None or not _same(elements, stored["elements"]):
        built.data["elements"] = elements
    return built


def _priced(built: Built, found: Sequence[Row]) -> list[Row]:
    for row in found:
        if not row.cells.get("component") and says_anything(row, (*RESTRICTIONS, *COMPONENT)):
            sentence = "component is required, because the row has a price or a condition."
            built.errors.append(RowError(row.number, "component", sentence))
    return [row for row in found if row.cells.get("component")]


def _elements(built: Built, priced: Sequence[Row]) -> list[Data]:
    found = []
    for index, element_rows in enumerate(grouped(priced, _element_of).values()):
        path = f"$.elements[{index}]"
        element = built.filled(RESTRICTIONS, element_rows, {}, path)
        element["price_components"] = [
            built.filled(COMPONENT, [row], {}, f"{path}.price_components[{number}]")
            for number, row in enumerate(element_rows)
        ]
        found.append(element)
    return found


def _element_of(row: Row) -> str:
    """What joins rows to one element: its number or name; without one, that all conditions are the same."""
    said = row.cells.get("element")
    return said or repr([row.cells.get(column.name, "") for column in RESTRICTIONS])


def _same(elements: Sequence[Data], stored: Sequence[Data]) -> bool:
    """Whether they say the same as far as a file can say it."""
    written_rows = [Row(1, cells) for cells in _element_rows(stored)]
    return canonical({"": elements}) == canonical({"": _elements(Built(written_rows), written_rows)})


SHEET = Sheet((*TARIFF, ELEMENT_NAME, *RESTRICTIONS, *COMPONENT), ("id",), rows, build, EXAMPLE)
