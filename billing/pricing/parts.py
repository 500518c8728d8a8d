"""What the cost of a session is split into."""

from enum import StrEnum


class Part(StrEnum):
    """How OCPI splits the cost of a session; fees of a reservation belong to the reservation."""

    ENERGY = "energy"
    TIME = "time"
    PARKING = "parking"
    FIXED = "fixed"
    RESERVATION = "reservation"

    __hash__ = str.__hash__  # that of an enum member is written in Python, and slow


# By the names of OCPI's totals.
COSTS = {
    "total_energy_cost": Part.ENERGY,
    "total_time_cost": Part.TIME,
    "total_parking_cost": Part.PARKING,
    "total_fixed_cost": Part.FIXED,
    "total_reservation_cost": Part.RESERVATION,
}
