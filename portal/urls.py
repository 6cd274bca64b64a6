from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView
from django.views.i18n import set_language

from portal import health, views

handler500 = "portal.views.server_error"

urlpatterns = [
    path("", include("linking.urls")),
    path("help/", TemplateView.as_view(template_name="help.html"), name="help"),
    path("help/guide/", views.guide, name="guide"),
    path("privacy/", TemplateView.as_view(template_name="privacy.html"), name="privacy"),
    path(
        "accessibility/",
        TemplateView.as_view(template_name="accessibility.html"),
        name="accessibility",
    ),
    path("language/", set_language, name="set_language"),
    path("admin/sign-in/", include("accounts.administrators.urls")),
    path("admin/purpose/", include("accounts.purposes.urls")),
    path("admin/support/", include("linking.support.urls")),
    path("admin/audit/auditevent/export/", include("accounts.log_export.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
