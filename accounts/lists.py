"""Lists of the administration that stay fast at a million rows (ADR 0016).

Nothing is counted over the table: whether there are more than a thousand is enough to know. What
is searched for is found by indexes, each of which answers alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

COUNTED = 1_000
FOUND = 200  # by a search; of more, whoever searches types more
REACHED = 10_000  # rows that can be paged to; whoever wants others searches or filters
PAGES_AHEAD = 5
_LONGEST = 6  # digits of a page's number
_TOO_MANY = _(
    "Nothing was done: more than %(number)s rows are chosen. Search or filter first, or choose "
    "them page by page."
)


def is_more_than(rows: QuerySet[Any], number: int) -> bool:
    return rows.order_by()[: number + 1].count() > number


@contextmanager
def _by_one_process() -> Iterator[None]:
    """Let PostgreSQL take no helpers: they read thousands of rows beyond the fifty asked for."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        yield


class BoundedPaginator(Paginator[Any]):
    """Counts so far as is needed for this page and some ahead, and no further."""

    def __init__(self, rows: Any, per_page: int, *, page: int, most: int) -> None:
        super().__init__(rows, per_page)
        self._rows = rows
        self._enough = min(max(COUNTED, (page + PAGES_AHEAD) * per_page), most)
        self._most = most

    @cached_property
    def _all(self) -> list[Any] | None:
        """The keys of all rows where those are few: what found them is not asked again."""
        few = min(FOUND, self._enough)
        keys = list(self._rows.order_by().values_list("pk", flat=True)[: few + 1])
        return keys if len(keys) <= few else None

    @cached_property
    def rows_if_few(self) -> Any:
        """All rows where those are few, and None where they are not: found by their keys alone."""
        if self._all is None:
            return None
        rows = self._rows.all()
        rows.query.clear_where()
        return rows.filter(pk__in=self._all)

    @cached_property
    def _found(self) -> int:
        if self._all is not None:
            return len(self._all)
        return int(self._rows.order_by()[: self._enough + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self._found, self._enough)

    def page(self, number: int | str) -> Page[Any]:
        """Give a page: which rows these are is read from the index, what they hold only then."""
        if self.rows_if_few is not None:
            self.object_list = self.rows_if_few
        found = super().page(number)
        if number != 1:
            keys = found.object_list.values_list("pk", flat=True)  # type: ignore[attr-defined]
            found.object_list = self._rows.filter(pk__in=list(keys))
        return found

    @property
    def more(self) -> bool:
        """Whether there are more rows than `count`."""
        return self._found > self._enough

    @property
    def is_at_the_end(self) -> bool:
        """Whether there are more, to which no page goes."""
        return self.more and self._enough == self._most


class BoundedChangeList(ChangeList):
    """Lets itself be sorted as its indexes are, and by any column while there is little to sort."""

    model_admin: "BoundedLists[Any]"

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        asked = self.params.get(ORDER_VAR)
        # What a search finds is little, and not found yet.
        if asked and not self.query and is_more_than(queryset, COUNTED):
            self.sortable_by = self.model_admin.quick_sorts
            if not any(map(self._is_quick, asked.split("."))):
                del self.params[ORDER_VAR]  # as if nothing had been asked
        return super().get_ordering(request, queryset)

    def _is_quick(self, asked: str) -> bool:
        number = asked.removeprefix("-")
        return number in [
            str(index)
            for index, column in enumerate(self.list_display)
            if column in self.model_admin.quick_sorts
        ]

    def get_ordering_field(self, field_name: Any) -> Any:
        if self.sortable_by is not None and field_name not in self.sortable_by:
            return None
        return super().get_ordering_field(field_name)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page and self.paginator.rows_if_few is not None:
            self.result_list = self.paginator.rows_if_few
        if self.paginator.more:
            self.sortable_by = self.model_admin.quick_sorts


class BoundedLists[Row: Model](admin.ModelAdmin[Row]):
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # each of them a count
    list_max_show_all = 200

    # Columns that an index is sorted by, in both directions.
    quick_sorts: ClassVar[tuple[str, ...]] = ()

    def searched(self, typed: str) -> list[Q]:
        """Give what may be meant, each answered by an index; none: Django's own search."""
        return []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return BoundedChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        with _by_one_process():
            changelist = super().get_changelist_instance(request)
            len(changelist.result_list)  # read now
        return changelist

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Row],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,  # noqa: FBT001, FBT002  # Django's
    ) -> BoundedPaginator:
        asked = request.GET.get(PAGE_VAR) or request.GET.get("page") or "1"
        searching = request.GET.get(SEARCH_VAR) or request.GET.get("term")
        page = int(asked) if asked.isdecimal() and len(asked) < _LONGEST else 1
        most = FOUND if searching else REACHED
        return BoundedPaginator(queryset, per_page, page=page, most=most)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Search; completion takes whatever is typed, and no column has a NUL."""
        typed = search_term.replace("\0", "").strip()
        meant = self.searched(typed) if typed else []
        if not meant:
            return super().get_search_results(request, queryset, typed)
        # Found first and sorted then: PostgreSQL would rather walk the sorted rows until it meets
        # fifty, past everybody whose name comes before Hansen.
        rows, keys = queryset.order_by(), set[Any]()
        for each in meant:
            keys.update(rows.filter(each).values_list("pk", flat=True)[: FOUND + 1])
        return queryset.filter(pk__in=keys), False

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Row], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Answer an action, but on all of a list only where the list says how many that is."""
        if request.POST.get("select_across") == "1" and is_more_than(queryset, COUNTED):
            text = _TOO_MANY % {"number": number_format(COUNTED, force_grouping=True)}
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)
