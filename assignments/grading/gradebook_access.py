"""What the server of the gradebook refuses."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import AllowAllAuthorizer


class WithoutExport(AllowAllAuthorizer):
    """Refuses Jupyter's own export of notebooks.

    It runs the scripts in a student's answers, and formatting them can take minutes. Formgrader
    shows answers in its own way (see ``pages``).
    """

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        """Whether a page may be fetched."""
        return resource != "nbconvert" and super().is_authorized(handler, user, action, resource)
