"""What a run makes of a platform that is silent, redirects, or lists addresses of others: one cause is told once, by
its name."""

import pytest

from roaming.conformance import selectors, services, wording
from roaming.conformance.catalogue import CREDENTIALS, DETAILS, PLATFORM, VERSIONS
from roaming.conformance.limits import Limits
from roaming.conformance.models import ConformanceRun, Outcome, RunState
from roaming.kernel import clock
from tests import cast
from tests.roaming.bends import (
    TARIFFS,
    a_link_on_the_last_page,
    an_hour_late,
    at,
    bad,
    checked,
    endpoints,
    everywhere,
    forgetful,
    header,
    heedless,
    missing,
    redirected,
    result_of,
    silent,
)
from tests.roaming.conforming import Bend, Told, conforming, registered
from tests.roaming.platform import Asked

pytestmark = pytest.mark.django_db
IDS = ("x-request-id", "x-correlation-id")


def test_one_list_that_does_not_answer_fails_by_its_address_and_the_others_are_looked_at() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        theirs.bend = silent(lambda asked: asked.path == TARIFFS)
        run = checked(connection)
        assert len([asked for asked in theirs.asked if asked.path.startswith(TARIFFS)]) == 2
    failed = run.results.filter(outcome=Outcome.FAILED)
    assert [(one.module, one.code) for one in failed] == [("tariffs", "success")]
    assert failed[0].url.startswith(f"{theirs.url}{TARIFFS}") and failed[0].url in failed[0].sentence
    assert failed[0].http_status is None and ".." not in wording.as_text(run)
    assert result_of(run, "tariffs", "schema").outcome == Outcome.SKIPPED
    assert f"{theirs.url}{TARIFFS}" in result_of(run, "tariffs", "schema").sentence
    assert result_of(run, "cdrs", "schema").outcome == Outcome.PASSED and run.state == RunState.FINISHED
    connection.refresh_from_db()
    assert (connection.failures, connection.paused_until) == (0, None)


def test_three_lists_in_a_row_without_an_answer_end_the_run_and_say_so() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        theirs.bend = silent(lambda asked: asked.path.startswith("/sender/"))
        run = checked(connection)
        assert len([asked for asked in theirs.asked if asked.path.startswith("/sender/")]) == 6
    failed = run.results.filter(outcome=Outcome.FAILED).values_list("module", "code")
    assert list(failed) == [("tariffs", "success"), ("locations", "success"), ("sessions", "success")]
    assert run.state == RunState.STOPPED and run.reason.startswith("They do not answer. http")
    assert f"{theirs.url}/sender/sessions" in run.reason
    assert result_of(run, "cdrs", "success").sentence == run.reason
    connection.refresh_from_db()
    assert connection.failures == 1 and connection.paused_until is not None


def test_a_platform_that_is_down_is_told_once_and_soon() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        theirs.down()
        run = checked(connection)
    assert (run.state, run.calls) == (RunState.STOPPED, 6)
    assert result_of(run, VERSIONS, "success").outcome == Outcome.FAILED
    assert result_of(run, PLATFORM, "token_form").outcome == Outcome.SKIPPED


def test_one_request_without_an_answer_costs_no_more_than_its_check() -> None:
    with conforming() as theirs:
        theirs.bend = silent(lambda asked: asked.path == TARIFFS and "date_to" in asked.query)
        run = checked(registered(theirs), "tariffs")
    assert {one.code for one in run.results.filter(outcome=Outcome.FAILED)} == {"date_to", "success"}
    assert result_of(run, "tariffs", "date_to").sentence.startswith("A date_to was not answered: 127.0.0.1 ")
    assert run.state == RunState.FINISHED and not run.results.filter(sentence__endswith="..").exists()


def test_a_redirect_is_named_and_not_followed() -> None:
    with conforming() as theirs, conforming() as stranger:
        theirs.bend = redirected(lambda asked: asked.path.startswith(TARIFFS), f"{stranger.url}{TARIFFS}")
        run = checked(registered(theirs), "tariffs")
        assert stranger.asked == []
    told = f"they redirect to {stranger.url}{TARIFFS}; we follow no redirects."
    assert result_of(run, "tariffs", "success").sentence == f"A right request was answered HTTP 307: {told}", bad(run)


@pytest.mark.parametrize("answer", ["404", "redirect"])
def test_a_platform_that_works_only_with_slashes_has_that_one_fault_and_keeps_it(answer: str) -> None:
    """T50: its lists, its credentials and its objects, in the first run and in those that know it."""
    with conforming() as theirs:

        def slashless(asked: Asked) -> bool:
            return asked.path.startswith(("/sender/", "/credentials")) and not asked.path.endswith("/")

        connection = registered(theirs)
        to_slash = redirected(slashless, "/the-same/with/")
        theirs.bend = missing(slashless) if answer == "404" else to_slash
        for run in (checked(connection), checked(connection)):
            failed = run.results.filter(outcome__in=[Outcome.FAILED, Outcome.WARNING])
            assert {one.code for one in failed} == {"slash"}, bad(run)
            assert {one.module for one in failed} == {CREDENTIALS, *theirs.modules}
            assert not run.results.filter(outcome=Outcome.SKIPPED).exists()
            assert all(one.sentence.endswith("With the slash at its end it works.") for one in failed)
            connection.refresh_from_db()
            assert connection.quirks == {"trailing_slash": True}


def test_a_platform_whose_objects_alone_want_a_slash_is_told_so() -> None:
    with conforming() as theirs:
        theirs.bend = missing(lambda asked: asked.path.startswith("/sender/locations/") and asked.path[-1] != "/")
        connection = registered(theirs)
        run = checked(connection, "locations")
    assert {one.code for one in run.results.filter(outcome=Outcome.FAILED)} == {"slash"}, bad(run)
    told = "The address of an object was answered HTTP 404, OCPI 2000. With the slash at its end it works."
    assert result_of(run, "locations", "slash").sentence == told


def test_details_at_another_host_are_one_fault_and_nothing_is_sent_there() -> None:
    with conforming() as theirs, conforming() as stranger:
        theirs.bend = at("/versions", lambda told: told.data[1].update(url=f"{stranger.url}/2.2.1"))
        run = checked(registered(theirs), "tariffs")
        assert stranger.asked == []
    one_address_failed(run, VERSIONS, f"{stranger.url}/2.2.1")
    assert result_of(run, DETAILS, "success").outcome == Outcome.SKIPPED


def test_lists_that_moved_to_another_host_are_one_fault_and_the_rest_is_looked_at() -> None:
    with conforming() as theirs, conforming() as stranger:
        theirs.bend = endpoints(
            lambda them: [one.update(url=f"{stranger.url}/{one['identifier']}") for one in them[:3]]
        )
        run = checked(registered(theirs))
        assert stranger.asked == []
    one_address_failed(run, DETAILS, f"{stranger.url}/tariffs")
    for module in (CREDENTIALS, "tariffs", "locations"):
        skipped = result_of(run, module, "success")
        assert skipped.outcome == Outcome.SKIPPED and "nothing was sent there" in skipped.sentence
    assert result_of(run, "cdrs", "success").outcome == Outcome.PASSED


def one_address_failed(run: ConformanceRun, module: str, url: str) -> None:
    """It is told where the address is listed, and all that has to be refused was looked at nevertheless."""
    failed = [(one.module, one.code) for one in run.results.filter(outcome__in=[Outcome.FAILED, Outcome.WARNING])]
    assert (failed, run.state) == ([(module, "addresses")], RunState.FINISHED), bad(run)
    result = result_of(run, module, "addresses")
    assert url in result.sentence and result.section.endswith("Changing endpoints for the current version")
    for code in ("wrong_token", "unknown_path"):
        assert result_of(run, PLATFORM, code).outcome == Outcome.PASSED


def test_what_is_wrong_everywhere_is_one_line_with_its_modules() -> None:
    """Two message ids that are never repeated are two faults, not two for each module."""
    with conforming() as theirs:
        theirs.bend = everywhere(lambda told: [told.headers.pop(name, None) for name in IDS])
        run = checked(registered(theirs))
    rows = selectors.rows(run)
    found = {group.result.code: group.modules for group in selectors.groups(rows) if group.result.outcome == "failed"}
    everywhere_asked = [VERSIONS, DETAILS, CREDENTIALS, *theirs.modules, PLATFORM]
    assert found == {"request_id": everywhere_asked, "correlation_id": everywhere_asked}
    text = wording.as_text(run)
    assert f"[{', '.join(everywhere_asked)}] X-Request-ID is repeated" in text
    assert text.count("X-Request-ID of the request is not repeated.") == 1
    assert wording.summary(rows).startswith("2 failed, ") and "warning" not in wording.summary(rows)
    assert run.results.filter(outcome=Outcome.FAILED).count() == 2 * len(everywhere_asked)


def test_ids_that_only_refusals_leave_out_are_missed_on_the_platform() -> None:
    """T11."""
    with conforming() as theirs:
        theirs.bend = everywhere(lambda told: told.headers.pop("x-request-id", None) if told.http == 401 else None)
        run = checked(registered(theirs), "tariffs")
    (failed,) = run.results.filter(outcome=Outcome.FAILED)
    assert (failed.module, failed.code) == (PLATFORM, "request_id")


def test_one_warning_is_one_warning() -> None:
    with conforming() as theirs:
        theirs.bend = everywhere(an_hour_late)
        run = checked(registered(theirs), "tariffs")
    assert wording.summary(selectors.rows(run)).startswith("1 warning, ")


def test_one_check_of_two_sentences_tells_each_with_its_module() -> None:
    def bend(asked: Asked, told: Told) -> None:
        at(TARIFFS, header("X-Limit", None))(asked, told)
        at("/sender/cdrs", header("X-Limit", "many"))(asked, told)

    with conforming() as theirs:
        theirs.bend = bend
        run = checked(registered(theirs), "tariffs", "cdrs")
    (group,) = [one for one in selectors.groups(selectors.rows(run)) if one.result.outcome == Outcome.FAILED]
    told = [(case.modules, case.result.sentence) for case in group.cases]
    many = "X-Limit is “many”, which is no whole number."
    assert (group.modules, told) == (["tariffs", "cdrs"], [(["tariffs"], "X-Limit is absent."), (["cdrs"], many)])
    assert f"cdrs: {many}" in wording.as_text(run)


@pytest.mark.parametrize(
    ("bend", "told"),
    [
        (forgetful, "The next page's URL lacks date_from."),
        (heedless, "The next page lists objects that changed before date_from: 1."),
    ],
)
def test_a_filter_that_the_second_page_forgets_is_found(bend: Bend, told: str) -> None:
    """T43."""
    with conforming() as theirs:
        theirs.bend = bend
        run = checked(registered(theirs), "tariffs")
    assert result_of(run, "tariffs", "link_filters").sentence == told, bad(run)
    assert result_of(run, "tariffs", "date_from").outcome == Outcome.PASSED


def test_the_last_page_of_a_list_too_long_to_be_read_is_looked_at() -> None:
    """T42: it must lead nowhere."""
    with conforming() as theirs:
        theirs.bend = a_link_on_the_last_page
        theirs.x_limit = 300
        one = theirs.lists["tariffs"][0]
        theirs.lists["tariffs"] = [{**one, "id": f"T{number}"} for number in range(250)]
        run = checked(registered(theirs), "tariffs")
    assert result_of(run, "tariffs", "list_ends").sentence == "The page with the last object gives a Link.", bad(run)


def test_how_many_objects_were_looked_at_is_said_also_where_all_are_valid() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        assert result_of(checked(connection, "tariffs"), "tariffs", "schema").sentence == "5 objects were looked at."
        limits = Limits.usual().but(objects=3)
        run = services.plan(connection=connection, modules=["tariffs"], limits=limits, by=None, at=clock.now())
        services.execute(run=run, at=clock.now())
    schema = result_of(run, "tariffs", "schema")
    assert (schema.outcome, schema.sentence) == (Outcome.PASSED, "3 of 5 objects were looked at.")


def test_an_object_is_looked_at_also_alone() -> None:
    def bend(told: Told) -> None:
        told.data = {**told.data, "country": "Nederland"}
        told.headers["ocpi-from-party-id"] = "XXX"

    cast.volta()
    with conforming() as theirs:
        theirs.bend = at("/sender/locations/L0", bend)
        run = checked(registered(theirs), "locations")
    sentence = result_of(run, "locations", "schema").sentence
    assert sentence.startswith("The object “L0” asked for alone is not valid. $.country"), bad(run)
    assert result_of(run, "locations", "routing").outcome == Outcome.FAILED
