"""The administration's door: a password, and then a second factor."""

import json

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.administrators import actions, budgets
from accounts.administrators.forms import CodeForm, PasskeyForm, PasswordForm
from accounts.administrators.gate import (
    administrator_with,
    let_in,
    may_administer,
    pending_user,
    wait_for_factor,
)
from accounts.administrators.pages import local_administrator, onwards, own_path, page, to_sign_in
from accounts.models import Organisation, User
from accounts.networks import caller, client_network

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@GET_OR_POST
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the user name and the password. Right ones lead to the second factor, never in."""
    next_url = own_path(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        return onwards(next_url) if may_administer(request) else _ask_password(request, next_url)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _ask_password(request, next_url, form)
    now = timezone.now()
    name = form.cleaned_data["username"]
    budget = budgets.for_password(name, network=client_network(request))
    try:
        last = budgets.take(budget, now=now)
    except budgets.TooManyTries as used_up:
        form.add_error(None, too_many_text(used_up))
        return _ask_password(request, next_url, form, status=429)
    user = administrator_with(request, name, form.cleaned_data["password"])
    if user is None:
        _note_wrong_password(name, last=last, by=caller(actions.STRANGER, request))
        form.add_error(None, _("The user name or the password is wrong."))
        return _ask_password(request, next_url, form)
    budgets.give_back(budget)
    wait_for_factor(request, user, next_url=next_url, now=now)
    return page_after_password(user)


def page_after_password(user: User) -> HttpResponse:
    return onwards(
        "administrator_second_factor" if actions.factors_of(user) else "administrator_enrol"
    )


def _ask_password(
    request: HttpRequest, next_url: str, form: PasswordForm | None = None, *, status: int = 200
) -> HttpResponse:
    host = request.get_host().lower()
    return page(
        request,
        "password",
        title=_("Sign in to the administration"),
        status=status,
        form=form or PasswordForm(),
        next=next_url,
        employer=Organisation.objects.filter(host=host, active=True).first(),
        without_role=request.user.is_authenticated,
    )


def _note_wrong_password(name: str, *, last: bool, by: str) -> None:
    user = User.objects.filter(username=name).first()
    for reason in ("password-wrong", *(["too-many-tries"] if last else [])):
        actions.note_refused(user, reason=reason, by=by, now=timezone.now())


@GET_OR_POST
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor: of whoever gave a password, and anew of whoever is in."""
    inside = local_administrator(request)
    user = inside or pending_user(request, now=timezone.now())
    next_url = own_path(request, request.POST.get("next") or request.GET.get("next", ""))
    if user is None:
        return to_sign_in(next_url)
    if not actions.factors_of(user):
        if inside is not None:
            logout(request)  # the factor has gone, and with it what the session stood on
            return to_sign_in(next_url)
        return onwards("administrator_enrol")
    if "credential" in request.POST:
        return _take_passkey(request, user, next_url)
    if request.method == "POST":
        return _take_code(request, user, next_url)
    return _ask_factor(request, user, next_url, CodeForm())


def _take_code(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _ask_factor(request, user, next_url, form)
    budget, now = budgets.for_code(user), timezone.now()
    try:
        last = budgets.take(budget, now=now)
    except budgets.TooManyTries as used_up:
        form.add_error("code", too_many_text(used_up))
        return _ask_factor(request, user, next_url, form, status=429)
    try:
        factor = actions.use_code(user, form.cleaned_data["code"], now=now)
    except actions.WrongCode as wrong:
        for reason in (wrong.reason, *(["too-many-tries"] if last else [])):
            actions.note_refused(user, reason=reason, by=user.actor, now=now)
        form.add_error("code", _text_of(wrong))
        return _ask_factor(request, user, next_url, form)
    budgets.give_back(budget)
    return onwards(let_in(request, user, factor, now=now) or next_url)


def _text_of(wrong: actions.WrongCode) -> str:
    if wrong.reason == "secret-unreadable":
        return _(
            "The portal can no longer read the secret of your authenticator app. Ask another "
            "administrator to reset your second factor."
        )
    return _("The code is wrong, or has been used already. Wait for the next one.")


def _take_passkey(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    """Not counted: there is nothing to guess, and it is the way in when the codes are used up."""
    form, now = PasskeyForm(user=user, data=request.POST), timezone.now()
    if form.is_valid():
        factor: Authenticator = form.cleaned_data["credential"]
        factor.record_usage()
        return onwards(let_in(request, user, factor, now=now) or next_url)
    actions.note_refused(user, reason="passkey-wrong", by=user.actor, now=now)
    wrong = _("The passkey was not recognised. Try again, or use a code.")
    return _ask_factor(request, user, next_url, CodeForm(), passkey_error=wrong)


def _ask_factor(
    request: HttpRequest,
    user: User,
    next_url: str,
    form: CodeForm,
    *,
    status: int = 200,
    passkey_error: str = "",
) -> HttpResponse:
    kinds = {factor.type for factor in actions.factors_of(user)}
    with_passkey = Authenticator.Type.WEBAUTHN in kinds
    return page(
        request,
        "second_factor",
        title=_("Confirm that it is you"),
        status=status,
        form=form,
        next=next_url,
        with_app=Authenticator.Type.TOTP in kinds,
        passkey_options=json.dumps(begin_authentication(user)) if with_passkey else "",
        passkey_error=passkey_error,
        has_permission=False,
    )


def too_many_text(used_up: budgets.TooManyTries) -> str:
    until = date_format(timezone.localtime(used_up.until), "TIME_FORMAT")
    return _("Too many tries. Try again after %(time)s.") % {"time": until}
