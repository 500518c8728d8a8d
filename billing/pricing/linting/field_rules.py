"""Fields that OCPI does not know where money is decided: misspelt ones would silently say nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from billing.pricing.linting.problems import Problem, warning

# In any version. What a tariff as a whole adds is its sender's own affair, but for the two limits.
_OF_ELEMENTS = frozenset({"price_components", "restrictions"})
_OF_COMPONENTS = frozenset({"type", "price", "vat", "step_size"})
_OF_LIMITS = frozenset({"before_taxes", "after_taxes", "excl_vat", "incl_vat"})


def unknown_fields(data: Any) -> Iterator[Problem]:
    """Of the decoded JSON of a tariff, as far as it has the shape of one."""
    for name in ("min_price", "max_price"):
        yield from _unknown(_get(data, name), _OF_LIMITS, f"$.{name}")
    for index, element in enumerate(_listed(data, "elements")):
        path = f"$.elements[{index}]"
        yield from _unknown(element, _OF_ELEMENTS, path)
        for position, component in enumerate(_listed(element, "price_components")):
            yield from _unknown(component, _OF_COMPONENTS, f"{path}.price_components[{position}]")


def _unknown(value: Any, known: frozenset[str], path: str) -> Iterator[Problem]:
    names = [name for name in value if name not in known] if isinstance(value, Mapping) else []
    for name in names:
        message = f"OCPI knows no “{name}” here: it says nothing about the price."
        yield warning("unknown_field", f"{path}.{name}", message)


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _listed(value: Any, name: str) -> list[Any]:
    found = _get(value, name)
    return found if isinstance(found, list) else []
