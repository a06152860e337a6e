from django.contrib import admin
from django.urls import URLPattern, URLResolver


class StemmaAdminSite(admin.AdminSite):
    site_header = "Stemma"
    site_title = "Stemma"
    index_title = "Curation"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from catalog.admin.changes import urls_of  # the models are loaded by now

        return [*urls_of(self), *super().get_urls()]
