"""Agreements: drafted, activated, ended; one at a time; dates in their own zone."""

import json
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from partners.agreements import selectors, services
from partners.agreements.models import Agreement, AgreementState
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world() -> None:
    cast.volta()
    cast.nomad()


def test_the_command_makes_an_active_agreement() -> None:
    out = StringIO()
    call_command("add_agreement", "--cpo=NL*VLT", "--emsp=de*nmd", "--from=2026-01-01", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"agreement": "AGR-0001", "state": "active", "cpo": "NL*VLT", "emsp": "DE*NMD"}


def test_the_command_drafts_when_asked() -> None:
    call_command("add_agreement", "--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--draft", stdout=StringIO())
    assert Agreement.objects.get().state == AgreementState.DRAFT


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--cpo=NL*VLT", "--emsp=DE*SIM", "--from=2026-01-01"],
            "add_connection --name NAME --role EMSP --party 'DE\\*SIM'",
        ),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=01.02.2026"], "write a date like 2026-01-31"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--until=2026-01-01"], "ends before it starts"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--tolerance=some"], "--tolerance must be a number"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--currency=EUX"], "EUX"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--tolerance=-1"], "it cannot be -1"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--tolerance=NaN"], "^Price tolerance: "),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--time-zone=Mars/Olympus"], "^“Mars/Olympus” is no"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--time-zone=Europe"], "^“Europe” is not a time zone"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--vat-rate=101.123"], "^VAT rate, percent: "),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=0001-01-01"], "^0001-01-01 is not a day from 2000 to 2100"),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--history-days=-1"], "--history-days: write a whole"),
        (
            ["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--history-days=99999"],
            "--history-days: write a whole",
        ),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--vat-rate=-5"], "from 0 to 100, not -5"),
        (
            ["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--vat-rate=21", "--vat-note=Reverse charge"],
            "is said where no VAT is charged",
        ),
        (
            ["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--reading=weather=fair"],
            "--reading: “weather” is no reading; there are step_size_volume, ",
        ),
        (
            ["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--reading=flat=twice"],
            "--reading: “twice” is no reading of “flat”; there are once, each.",
        ),
        (["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", "--reading=flat"], "--reading: “” is no reading of"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_and_nothing_is_stored(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("add_agreement", *arguments)
    assert not Agreement.objects.exists()


def test_the_command_keeps_the_readings_that_are_not_as_recommended() -> None:
    readings = ["--reading=step_size_scope=period", "--reading=flat=once", "--reading=tax_without_rate=none_applies"]
    call_command("add_agreement", "--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", *readings, stdout=StringIO())
    assert Agreement.objects.get().readings == {"step_size_scope": "period", "tax_without_rate": "none_applies"}


@pytest.mark.parametrize(("rate", "note"), [("0", "Reverse charge"), ("21", "")])
def test_reverse_charge_is_noted_only_where_no_vat_is_charged(rate: str, note: str) -> None:
    arguments = ["--cpo=NL*VLT", "--emsp=DE*NMD", "--from=2026-01-01", f"--vat-rate={rate}"]
    call_command("add_agreement", *arguments, stdout=StringIO())
    assert Agreement.objects.get().vat_note == note


def test_two_agreements_in_force_may_not_overlap_but_may_follow_each_other() -> None:
    first = cast.agreement("NL*VLT", "DE*NMD")
    second = cast.agreement("NL*VLT", "DE*NMD", starts=date(2026, 6, 1), active=False)
    with pytest.raises(services.CannotAgree, match=r"NL\*VLT and DE\*NMD already have an agreement in force"):
        services.activate(agreement=second, at=cast.NOW)
    assert Agreement.objects.get(pk=second.pk).state == AgreementState.DRAFT
    services.end(agreement=first, ends_date=date(2026, 6, 1), at=cast.NOW)
    assert services.activate(agreement=second, at=cast.NOW).state == AgreementState.ACTIVE


def test_terms_of_an_active_agreement_do_not_change() -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    with pytest.raises(services.CannotAgree, match="its terms no longer change"):
        services.revise(agreement=agreement, at=cast.NOW, payment_days=60)
    assert Agreement.objects.get().payment_days == 30


def test_a_draft_keeps_its_readings_until_they_are_changed() -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD", active=False, readings={"flat": "each"})
    services.revise(agreement=agreement, at=cast.NOW, payment_days=60)
    assert Agreement.objects.get().readings == {"flat": "each"}
    services.revise(agreement=agreement, at=cast.NOW, readings={"selection": "element"})
    assert Agreement.objects.get().readings == {"selection": "element"}


def test_readings_of_an_active_agreement_do_not_change_and_each_version_of_them_is_kept() -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD", active=False)
    services.revise(agreement=agreement, at=cast.NOW, readings={"flat": "each"})
    services.activate(agreement=agreement, at=cast.NOW)
    with pytest.raises(services.CannotAgree, match="its terms no longer change"):
        services.revise(agreement=agreement, at=cast.NOW, readings={})
    assert Agreement.objects.get().readings == {"flat": "each"}
    kept: Any = agreement
    versions = kept.events.order_by("pgh_id").values_list("state", "readings")
    assert list(versions) == [("draft", {}), ("draft", {"flat": "each"}), ("active", {"flat": "each"})]


@pytest.mark.parametrize("readings", [["flat"], {"flat": 1}, {"flat": None}, "flat=each"])
def test_readings_are_names_with_a_word_each(readings: Any) -> None:
    with pytest.raises(services.CannotAgree, match="names with a word each, such as flat: each"):
        cast.agreement("NL*VLT", "DE*NMD", readings=readings)
    assert not Agreement.objects.exists()


@pytest.mark.parametrize("readings", [["flat"], "flat=each", 1])
def test_the_database_refuses_readings_without_names(readings: Any) -> None:
    cast.agreement("NL*VLT", "DE*NMD", readings={"flat": "each"})
    with pytest.raises(IntegrityError, match="partners_agreement_readings_have_names"), transaction.atomic():
        Agreement.objects.update(readings=readings)
    assert Agreement.objects.get().readings == {"flat": "each"}


def test_an_ended_agreement_still_covers_what_happened_before() -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    services.end(agreement=agreement, ends_date=date(2026, 6, 1), at=cast.NOW)
    cpo, emsp = cast.party("NL*VLT", "CPO"), cast.party("DE*NMD", "EMSP")
    last_moment = datetime(2026, 5, 31, 21, 59, 59, tzinfo=UTC)  # 23:59:59 in Amsterdam
    assert selectors.covering(cpo=cpo, emsp=emsp, at=last_moment) == agreement
    assert selectors.covering(cpo=cpo, emsp=emsp, at=datetime(2026, 5, 31, 22, 0, tzinfo=UTC)) is None


def test_the_database_and_python_agree_on_the_day_an_agreement_begins() -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD", starts=date(2026, 3, 29))  # the night the clocks go forward
    for moment in [datetime(2026, 3, 28, 22, 59, tzinfo=UTC), datetime(2026, 3, 28, 23, 0, tzinfo=UTC)]:
        in_database = Agreement.objects.filter(selectors.in_force(moment)).exists()
        assert in_database == selectors.covers(agreement, moment) == (moment.hour == 23)


def test_a_draft_covers_nothing() -> None:
    cast.agreement("NL*VLT", "DE*NMD", active=False)
    cpo, emsp = cast.party("NL*VLT", "CPO"), cast.party("DE*NMD", "EMSP")
    assert selectors.covering(cpo=cpo, emsp=emsp, at=cast.NOW) is None


def test_the_trail_tells_who_changed_an_agreement_and_how() -> None:
    from partners.people import selectors as people

    agreement = cast.agreement("NL*VLT", "DE*NMD")
    labels = [entry.what for entry in people.trail_of(agreement)]
    assert labels == ["changed", "added"]
