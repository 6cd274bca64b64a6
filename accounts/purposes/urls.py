from django.contrib import admin
from django.urls import path

from accounts.purposes.views import page

urlpatterns = [path("", admin.site.admin_view(page), name="purpose")]
