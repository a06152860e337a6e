from django.contrib import admin
from django.urls import include, path

from config.login_link import first_login

urlpatterns = [
    path("first-login/<str:token>/", first_login, name="first-login"),
    path("admin/", admin.site.urls),
    path("", include("search.urls")),
    path("", include("catalog.urls")),
]
