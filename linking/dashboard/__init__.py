"""The administration's first page: what each role looks for in the morning (ADR 0016).

A panel is a template of `templates/admin/dashboard/` and the facts in it. Each is made by one
function, which gives None to whoever may not see it, or where there is nothing to tell.
"""

from linking.dashboard.panels import Panel, panels

__all__ = ("Panel", "panels")
