"""What the table of rights asks of each route that is about something: a file for each subject, joined here."""

from tests.identity.questions.approvals import APPROVALS
from tests.identity.questions.bodies import BODIES
from tests.identity.questions.devices import DEVICES
from tests.identity.questions.geofences import GEOFENCES
from tests.identity.questions.ground import Asked, Ground, Question
from tests.identity.questions.history import HISTORY
from tests.identity.questions.people import PEOPLE

QUESTIONS: dict[str, Question] = {**PEOPLE, **DEVICES, **BODIES, **APPROVALS, **HISTORY, **GEOFENCES}

__all__ = ["QUESTIONS", "Asked", "Ground", "Question"]
