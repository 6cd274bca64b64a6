"""Where the deeds of `deeds/` are done: two organisations, and a superuser's browser."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Organisation, User, UserSession
from audit.events import Event
from audit.models import AuditEvent
from linking import codes
from linking.actions import code_key, decide_request
from linking.models import PendingCode
from linking.persons import EidPerson
from tests.accounts.test_roles_matrix import all_pages, valid
from tests.accounts.worlds import World, browser_of, make_local, make_world
from tests.administrators import PASSWORD
from tests.factories import make_link
from tests.journeys.seats import seat, some_person

AGO = timedelta(days=400)


@dataclass
class Scene:
    world: World

    @classmethod
    def set(cls) -> "Scene":
        world = make_world("eksempel", "Quokka")
        make_world("fjordvik", "Zorilla")  # somewhere to move to
        return cls(world)

    @cached_property
    def root(self) -> User:
        """Without a password, which takes half a second to make."""
        return User.objects.create(username="root", is_staff=True, is_superuser=True, password="!")

    def with_password(self) -> User:
        self.root.set_password(PASSWORD)
        self.root.save()
        self.__dict__.pop("browser", None)  # the sessions of the former password are worth nothing
        assert self.browser
        return self.root

    @cached_property
    def browser(self) -> Client:
        browser = browser_of(self.root)
        browser.raise_request_exception = False
        return browser

    @property
    def organisation(self) -> Organisation:
        return self.world.organisation

    def row(self, name: str) -> Any:
        return self.world.rows[name]

    @property
    def linked(self) -> Employee:
        """Somebody who is linked."""
        employee: Employee = self.row("accounts_employee")
        return employee

    @property
    def unlinked(self) -> Employee:
        """Somebody who is not linked; an auditor."""
        employee: Employee = self.row("accounts_user").employee
        return employee

    def change(self, row: Any, **fields: object) -> Any:
        type(row)._default_manager.filter(pk=row.pk).update(**fields)
        row.refresh_from_db()
        return row

    def post_page(self, rule: str) -> HttpResponse:
        """Send the form of a page of the administration, as the roles' matrix does."""
        page = next(page for page in all_pages() if page.rule == rule)
        return self.post(page.address(self.world), **valid(page.name, self.world))

    def post(self, address: str, **form: Any) -> HttpResponse:
        answer = self.browser.post(address, form)
        assert isinstance(answer, HttpResponse)
        return answer

    def act(self, model: str, action: str, *rows: Any, **form: Any) -> HttpResponse:
        """Carry out an action on chosen rows of a list."""
        chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        return self.post(reverse(f"admin:{model}_changelist"), **chosen, **form)

    def signed_in(self, employee: Employee) -> Client:
        """The browser of an employee who has a link."""
        user, _made = User.objects.get_or_create(employee=employee)
        browser = browser_of(user)
        browser.raise_request_exception = False
        return browser

    def session_of(self, employee: Employee, **fields: object) -> None:
        self.signed_in(employee)
        UserSession.objects.filter(user__employee=employee).update(**fields)

    def seated(self, **person: Any) -> tuple[EidPerson, Client]:
        """Somebody who came from ID-porten and is not linked."""
        who = some_person(**person)
        browser = seat(who, self.organisation)
        browser.raise_request_exception = False
        return who, browser

    def asks_for_a_code(self, browser: Client) -> str:
        """Ask for a code to the unlinked one's address, let a worker decide; give the code."""
        browser.post("/link/", {"email": self.unlinked.email})
        request = PendingCode.objects.latest("requested_at")
        decide_request(request.pk, now=timezone.now())
        return codes.make_code(request.pk, key=code_key())

    def administrator(self, name: str = "ny") -> User:
        return make_local(name)

    def linked_too(self, employee: Employee) -> Any:
        return make_link(employee=employee)


def path_of(url: str) -> str:
    return urlsplit(url).path


def newest_id() -> int:
    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def events_since(last: int) -> set[Event]:
    """Give what was written, but for the looks that reading a page leaves."""
    names = AuditEvent.objects.filter(id__gt=last).values_list("event", flat=True)
    by_name = {event.value: event for event in Event}
    return {by_name[name] for name in names} - {Event.PERSON_VIEWED}


def actions_offered(user: User) -> set[str]:
    """Give every action of every list, as `app_model:action`."""
    request = RequestFactory().get("/")
    request.user = user
    return {
        f"{model._meta.app_label}_{model._meta.model_name}:{action}"
        for model, page in admin.site._registry.items()
        for action in page.get_actions(request)
    }
