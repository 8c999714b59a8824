"""Why a build stops."""


class CannotBuild(Exception):
    """What was expected, what there is, and the way out, in words for the person who builds."""
