"""A tariff in words, for drivers: every price that can be asked, when it holds, and what is added to it."""

from collections.abc import Iterator
from decimal import Decimal, localcontext

from billing.pricing.exact import DIGITS
from billing.pricing.shapes import Component, Dimension, Limit, Tariff, TaxIncluded
from billing.pricing.words.conditions import told
from billing.pricing.words.offers import Offer, Offers, offers, unanswerable
from billing.pricing.words.phrases import Subject
from billing.pricing.words.speech import LANGUAGES, Speech, UnknownLanguage

__all__ = ["LANGUAGES", "UnknownLanguage", "describe"]

_OF_CHARGING = ((None, Dimension.FLAT), (None, Dimension.ENERGY), (None, Dimension.TIME))


def describe(tariff: Tariff, locale: str = "en") -> tuple[str, ...]:
    """Lines of whole sentences, in the order of the tariff. Clock times are those of the place, validity is UTC.

    Raises UnknownLanguage.
    """
    with localcontext(prec=DIGITS):
        return tuple(_Description(tariff, Speech(locale)).lines())


class _Description:
    def __init__(self, tariff: Tariff, speech: Speech) -> None:
        self.tariff, self.speech, self.says = tariff, speech, speech.says
        self.offers = offers(tariff)
        self.rates = {
            offer.component.vat for one in self.offers.values() for offer in one.told if offer.component.price
        }

    def lines(self) -> Iterator[str]:
        if self.tariff.type in self.says.types:
            yield self.says.types[self.tariff.type]
        told = dict(self.offers)
        if not self.tariff.min_price and all(told[key].are_free for key in _OF_CHARGING if key in told):
            yield self.says.all_free
            told = {key: one for key, one in told.items() if key not in _OF_CHARGING}
        for subject, one in told.items():
            yield self._priced(subject, one)
        if names := unanswerable(self.tariff):
            yield self.says.unknown.format(self.speech.both(list(names)))
        yield from self._limits()
        yield from self._taxes()
        yield from self._validity()

    def _priced(self, subject: Subject, found: Offers) -> str:
        """All prices for one thing, and the steps it is billed in: once where they are the same for all."""
        steps = {self._step(offer.component) for offer in found.told if offer.component.price}
        alone = len(found.told) == 1 and not found.leave_open
        shared = len(steps) == 1 and not alone
        text = ""
        for offer in found.told:
            text += (self.says.otherwise if offer.otherwise else self.says.apart) if text else ""
            text += self._offer(offer, with_step=not shared)
        if found.leave_open and not found.are_free:
            text += f"{self.says.otherwise}{self.says.free}"
        line = self.says.line.format(self.says.subjects[subject], text)
        step = next(iter(steps)) if shared else ""
        return f"{line} {step[0].upper()}{step[1:]}." if step else line

    def _offer(self, offer: Offer, *, with_step: bool) -> str:
        component = offer.component
        parts = [self._price(component), told(offer.restrictions, self.speech)]
        text = " ".join(part for part in parts if part)
        step = self._step(component) if with_step and component.price else ""
        return f"{text}, {step}" if step else text

    def _price(self, component: Component) -> str:
        if not component.price:
            return self.says.free
        units = {Dimension.ENERGY: self.says.per_kwh, Dimension.FLAT: "{}"}
        text = units.get(component.type, self.says.per_hour).format(self._money(component.price))
        if len(self.rates) < 2 or component.vat is None or self._taxless:
            return text
        taxed = self.says.with_vat if self.tariff.tax_included is TaxIncluded.YES else self.says.plus_vat
        return taxed.format(text, self.speech.percent(component.vat))

    def _step(self, component: Component) -> str:
        if component.type is Dimension.FLAT:
            return ""
        return self.speech.step(component.type is Dimension.ENERGY, component.step_size)

    def _money(self, amount: Decimal) -> str:
        return self.speech.money(amount, self.tariff.currency)

    @property
    def _taxless(self) -> bool:
        return self.tariff.tax_included is TaxIncluded.NOT_APPLICABLE

    def _limits(self) -> Iterator[str]:
        for phrase, limit in ((self.says.at_least, self.tariff.min_price), (self.says.at_most, self.tariff.max_price)):
            if limit is not None:
                yield phrase.format(self._limit(limit))

    def _limit(self, limit: Limit) -> str:
        net, gross = limit.before_taxes, limit.after_taxes
        if gross is None and self.tariff.tax_included is TaxIncluded.YES and self.rates:
            return self.says.without_only.format(self._money(net))  # unlike its prices
        if gross is None or gross == net:
            return self._money(net)
        return self.says.without_and_with.format(self._money(net), self._money(gross))

    def _taxes(self) -> Iterator[str]:
        """Of what is not free; one rate for all is said once."""
        if not self.rates:
            return
        rate = next(iter(self.rates)) if len(self.rates) == 1 else None
        percent = "" if rate is None else self.speech.percent(rate)
        if self._taxless:
            yield self.says.prices_taxless
        elif self.tariff.tax_included is TaxIncluded.YES:
            yield self.says.prices_with_at.format(percent) if percent else self.says.prices_with
        else:
            yield self.says.prices_without_plus.format(percent) if percent else self.says.prices_without

    def _validity(self) -> Iterator[str]:
        starts, ends = self.tariff.starts_at, self.tariff.ends_at
        if starts is not None and ends is not None:
            yield self.says.valid_between.format(self.speech.moment(starts), self.speech.moment(ends))
        elif starts is not None:
            yield self.says.valid_from.format(self.speech.moment(starts))
        elif ends is not None:
            yield self.says.valid_until.format(self.speech.moment(ends))
