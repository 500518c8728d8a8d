"""Problems of our own tariffs, shown before they are stored. They block nothing: who saves again has decided."""

import hashlib
from copy import copy
from typing import TYPE_CHECKING, cast

from django.http import QueryDict

from billing.own_tariffs import problems_of

if TYPE_CHECKING:
    from roaming.portal.own_objects.fields import ObjectForm


def doubt(form: "ObjectForm") -> None:
    """Send a form without errors back for the problems that it has; the same ones are not asked about twice."""
    if form.errors:
        return
    form.problems = problems_of(form.kind, form.result)
    told = "\n".join(f"{one.code} {one.path} {one.message}" for one in form.problems)
    key = hashlib.sha256(told.encode()).hexdigest()[:16] if told else ""
    if key and form.data.get("doubts") != key:
        form.data = copy(form.data)
        cast(QueryDict, form.data)["doubts"] = key
        form.add_error(None, "Nothing is saved yet: there are problems, listed above. Save again to keep it as it is.")
