from django.contrib import admin
from django.urls import path

from linking.support import views

urlpatterns = [
    path("", admin.site.admin_view(views.search), name="support"),
    path("found/", admin.site.admin_view(views.found), name="support_found"),
    path(
        "reference/<str:reference>/",
        admin.site.admin_view(views.reference),
        name="support_reference",
    ),
    path("<uuid:employee_id>/", admin.site.admin_view(views.person), name="support_person"),
]
