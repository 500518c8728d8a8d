"""The page about our OCPI addresses: an index that leads everywhere, and addresses that break where they may."""

import pytest
from django.test import Client

from roaming.portal import cells
from tests import cast
from tests.portal import markup


@pytest.mark.django_db
def test_the_index_leads_to_every_module_and_object() -> None:
    browser = Client()
    browser.force_login(cast.person("Ada"))
    for version in ("2.1.1", "2.3.0"):
        read = markup.read(browser.get(f"/ocpi/docs/{version}").content.decode())
        anchors = {link[1:] for link in read.links if link.startswith("#")} - {"main"}
        assert anchors <= set(read.ids)
        assert {"module-tokens", "module-cdrs", "Location", "Session", "refusals"} <= anchors
        assert {one for one in read.ids if one.startswith("module-")} <= anchors
        assert read.faults == []


def test_an_address_breaks_after_its_slashes() -> None:
    assert cells.path("/2.2.1/sender/tokens/{uid}") == "/<wbr>2.2.1/<wbr>sender/<wbr>tokens/<wbr>{uid}"
    assert cells.path("<b>/") == "&lt;b&gt;/<wbr>"
