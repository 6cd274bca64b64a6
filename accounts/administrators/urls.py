from django.urls import path

from accounts.administrators import enrolment, views

urlpatterns = [
    path("", views.sign_in, name="administrator_sign_in"),
    path("second-factor/", views.second_factor, name="administrator_second_factor"),
    path("enrol/", enrolment.choose, name="administrator_enrol"),
    path("enrol/app/", enrolment.add_app, name="administrator_enrol_app"),
    path("enrol/passkey/", enrolment.add_passkey, name="administrator_enrol_passkey"),
    path("recovery-codes/", enrolment.recovery_codes, name="administrator_recovery_codes"),
    path("factors/", enrolment.factors, name="administrator_factors"),
]
