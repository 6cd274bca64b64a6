from django.contrib import admin
from django.urls import path

from accounts.log_export.views import page

urlpatterns = [path("", admin.site.admin_view(page), name="audit_export")]
