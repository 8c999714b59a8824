"""What several routes are given."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from backend.identity.devices import LONGEST_OVERLAP
from backend.identity.login_routes import Strict

LARGEST_ID = 2**31 - 1  # of a column `integer`

Id = Annotated[int, Path(ge=0, le=LARGEST_ID)]
After = Annotated[int, Query(ge=0, le=LARGEST_ID, description="`more` of the page before")]
Search = Annotated[str, Query(max_length=100)]


class Overlap(Strict):
    """How long the former secret works on: hours, a week at most; 0: it ends at once."""

    overlap_hours: Annotated[float, Field(ge=0, le=LONGEST_OVERLAP / timedelta(hours=1), allow_inf_nan=False)]


class Reason(Strict):
    """Why somebody reads personal data; `access_log.check_reason` says what a reason is."""

    reason: Annotated[str, Field(max_length=2000)] = ""
