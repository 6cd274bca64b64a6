"""Pages of the administration on which people are read about: each look is in the audit log."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.http import opens_form
from accounts.lists import FOUND, BoundedLists
from accounts.looks import Whom, looked_at_lately, note_search, note_views
from accounts.models import Employee, Organisation, User
from accounts.purposes.asking import purposes_for
from accounts.purposes.choices import Why

# Of the last search: never what was typed.
_SEARCHED: Final = "searched"


class WatchedPages[Row: Model](BoundedLists[Row]):
    """Writes who opened a page about somebody, and who searched in a list of people.

    A list itself is nobody's page: it is what one looks for somebody in.
    """

    # Whether the rows are about people. A test asks it of each model that knows an employee.
    about_people: ClassVar[bool] = False

    def people_of(self, row: Row) -> Iterable[Employee | None]:
        """Give whom a row is about."""
        return [getattr(row, "employee", None)]

    def may_see(self, request: HttpRequest) -> QuerySet[Organisation]:
        """Give the organisations whose rows are in the lists."""
        raise NotImplementedError

    def note_look(self, request: HttpRequest, rows: Iterable[Row]) -> None:
        """Write that the user reads about whoever these rows are about; once of each.

        Raises:
            PurposeNeeded: what for has not been told; nothing is written.
        """
        if self.about_people:
            people = (each for row in rows for each in self.people_of(row) if each is not None)
            note_people(request, people, page=self.page_name)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            self.note_look(request, [row])
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is not None and self.has_view_or_change_permission(request, row):
            self.note_look(request, [row])
        return super().history_view(request, object_id, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is not None and self.has_delete_permission(request, row):
            self.note_look(request, [row])
        return super().delete_view(request, object_id, extra_context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; a search in it is written as one, however many pages of it are read."""
        answer = super().changelist_view(request, extra_context)
        found = (getattr(answer, "context_data", None) or {}).get("cl")
        if self.about_people and found and found.query:
            what, onwards = f"{self.page_name} {found.query}", PAGE_VAR in request.GET
            if remember_search(request.session, what, onwards=onwards):
                self._note_search(request, "list", hits=found.result_count)
        return answer

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Search; a completion, which has no list, is a search as well."""
        found, twice = super().get_search_results(request, queryset, search_term)
        if search_term and "term" in request.GET:
            self._note_search(request, "completion", hits=found.order_by()[:FOUND].count())
        return found, twice

    def _note_search(self, request: HttpRequest, kind: str, *, hits: int) -> None:
        """Of somebody who searches in several organisations, the event is the whole portal's."""
        if not self.about_people or not isinstance(request.user, User):
            return
        mine = list(self.may_see(request).values_list("pk", flat=True)[:2])
        note_search(
            kind=kind,
            hits=hits,
            organisation=mine[0] if len(mine) == 1 else None,
            by=request.user.actor,
            now=timezone.now(),
            page=self.page_name,
        )

    @property
    def page_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"


def remember_search(session: SessionBase, what: str, *, onwards: bool) -> bool:
    """Keep in the session what is searched for, and give whether that is a search to be written.

    It is none where the user goes `onwards` to a further page of what was searched for last. The
    session has a keyed digest of it.
    """
    this = salted_hmac(_SEARCHED, what, algorithm="sha256").hexdigest()
    last = session.get(_SEARCHED)
    session[_SEARCHED] = this
    return not onwards or this != last


def note_people(request: HttpRequest, people: Iterable[Employee], *, page: str) -> None:
    """Write that the user reads about these people, once of each or nothing, as `page` shows them.

    A form that comes back is no new look at whoever they have looked at lately.

    Raises:
        PurposeNeeded: what for has not been told; nothing is written.
    """
    if not isinstance(request.user, User):
        return
    whom, by, now = {each.pk: each for each in people}, request.user.actor, timezone.now()
    seen = frozenset() if opens_form(request) else looked_at_lately(whom, by=by, now=now)
    whys = purposes_for(request, whom, seen=seen)
    new: dict[Whom, Why] = {
        (whom[key].organisation_id, key): whys[key] for key in sorted(whom.keys() - seen)
    }
    note_views(new, by=by, now=now, page=page)
