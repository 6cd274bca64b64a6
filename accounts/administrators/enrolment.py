"""One's own second factors: the first one right after the password, and the others from inside."""

import base64
import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.administrators import actions, totp
from accounts.administrators.adapters import SecretUnreadable
from accounts.administrators.forms import CodeForm, NewPasskeyForm
from accounts.administrators.fresh import fresh_sign_in
from accounts.administrators.gate import let_in, pending_user
from accounts.administrators.pages import local_administrator, onwards, page, to_sign_in
from accounts.administrators.views import GET_OR_POST
from accounts.models import User

SETUP_KEY = "administrator_app_secret"
NEW_CODES_KEY = "administrator_new_codes"


def enrolling(request: HttpRequest) -> tuple[User, bool] | None:
    """Give who may add a factor, and whether it is the first: nobody adds one by a password to it.

    None where somebody must show more, or has gone.
    """
    inside = local_administrator(request)
    if inside is not None:
        return inside, False
    pending = pending_user(request, now=timezone.now())
    return (pending, True) if pending is not None and not actions.factors_of(pending) else None


@GET_OR_POST
@fresh_sign_in
def choose(request: HttpRequest) -> HttpResponse:
    """Offer what there is: an app or a passkey."""
    who = enrolling(request)
    if who is None:
        return to_sign_in()
    user, first = who
    kinds = {factor.type for factor in actions.factors_of(user)}
    context = {"first": first, "with_app": Authenticator.Type.TOTP in kinds}
    return page(request, "enrol", title=_("Choose a second factor"), **context)


@GET_OR_POST
@fresh_sign_in
def add_app(request: HttpRequest) -> HttpResponse:
    """Show the secret, as a picture and as letters, and take the first code."""
    who = enrolling(request)
    if who is None:
        return to_sign_in()
    user, first = who
    form, secret = CodeForm(request.POST or None), _secret_being_set_up(request)
    now = timezone.now()
    if form.is_valid():
        step = totp.step_of(secret, form.cleaned_data["code"], now=now)
        if step is not None:
            try:
                actions.add_app(user, secret=secret, step=step, first=first, now=now)
            except actions.AlreadyEnrolled:
                return _enrolled_meanwhile(request)
            request.session.pop(SETUP_KEY, None)
            return _added(request, user, first=first)
        form.add_error("code", _("The code is not the one the app shows now."))
    return _show_app(request, user, form, secret)


def _secret_being_set_up(request: HttpRequest) -> str:
    """Give the secret of this page, the same when it is loaded anew; encrypted in the session."""
    kept = request.session.get(SETUP_KEY)
    if kept:
        try:
            return str(decrypt(kept))
        except SecretUnreadable:
            pass  # SECRET_KEY was changed meanwhile
    secret = str(generate_totp_secret())
    request.session[SETUP_KEY] = encrypt(secret)
    return secret


def _show_app(request: HttpRequest, user: User, form: CodeForm, secret: str) -> HttpResponse:
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    encoded = base64.b64encode(picture.encode()).decode()
    return page(
        request,
        "enrol_app",
        title=_("Add an authenticator app"),
        form=form,
        picture=f"data:image/svg+xml;base64,{encoded}",
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


@GET_OR_POST
@fresh_sign_in
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Let the browser make a passkey for this address."""
    who = enrolling(request)
    if who is None:
        return to_sign_in()
    user, first = who
    form = NewPasskeyForm(user=user, data=request.POST or None)
    if form.is_valid():
        name, credential = (form.cleaned_data[field] for field in ("name", "credential"))
        try:
            actions.add_passkey(
                user, name=name, credential=credential, first=first, now=timezone.now()
            )
        except actions.AlreadyEnrolled:
            return _enrolled_meanwhile(request)
        return _added(request, user, first=first)
    return page(
        request,
        "enrol_passkey",
        title=_("Add a passkey"),
        form=form,
        passkey_options=json.dumps(begin_registration(user, passwordless=False)),
    )


def _added(request: HttpRequest, user: User, *, first: bool) -> HttpResponse:
    """Whoever has just shown the first factor is in, and sees the recovery codes once."""
    if not first:
        messages.success(request, _("The second factor has been added."))
        return redirect("administrator_factors")
    factor = actions.factors_of(user)[-1]
    request.session[NEW_CODES_KEY] = let_in(request, user, factor, now=timezone.now())
    return redirect("administrator_recovery_codes")


def _enrolled_meanwhile(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("You have a second factor already. Sign in with it."))
    return to_sign_in()


@GET_OR_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show new recovery codes, until their owner says that they are kept."""
    user = local_administrator(request)
    if user is None:
        return to_sign_in()
    if NEW_CODES_KEY not in request.session:
        return redirect("administrator_factors")
    if request.method == "POST":
        return onwards(request.session.pop(NEW_CODES_KEY))
    codes = actions.recovery_codes_of(user)
    return page(request, "recovery_codes", title=_("Your recovery codes"), codes=codes)


@GET_OR_POST
@fresh_sign_in
def factors(request: HttpRequest) -> HttpResponse:
    """Show one's own factors; take one away, or make new recovery codes."""
    user = local_administrator(request)
    if user is None:
        return to_sign_in()
    if request.method == "POST":
        return _change_factors(request, user)
    try:
        left: int | None = len(actions.recovery_codes_of(user))
    except SecretUnreadable:
        left = None
    context: dict[str, Any] = {"factors": actions.factors_of(user), "codes_left": left}
    return page(request, "factors", title=_("Your second factor"), **context)


def _change_factors(request: HttpRequest, user: User) -> HttpResponse:
    now, chosen = timezone.now(), request.POST.get("remove", "")
    session = request.session.session_key or ""
    if "renew" in request.POST:
        actions.renew_recovery_codes(user, now=now)
        request.session[NEW_CODES_KEY] = ""
        return redirect("administrator_recovery_codes")
    try:
        factor_id = int(chosen[:18]) if chosen.isdecimal() else 0
        if actions.remove_factor(user, factor_id, session=session, now=now):
            messages.success(request, _("The second factor has been removed."))
    except actions.LastFactor:
        messages.error(request, _("This is your only second factor. Add another one first."))
    return redirect("administrator_factors")
