"""Imports and exports of lists, on the pages of the catalogues they belong to."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from catalog.admin.catalogues import CatalogueAdmin
from catalog.models import Catalogue
from ingest.admin_import import ImportViews


class ListedCatalogueAdmin(CatalogueAdmin):
    """A catalogue's page with its list: import with a plan first, import now, download."""

    def get_urls(self) -> list[URLPattern]:
        views, wrap = ImportViews(self), self.admin_site.admin_view

        def at(route: str, view: Any, name: str) -> URLPattern:
            pattern: URLPattern = path(route, wrap(view), name=f"catalog_catalogue_{name}")
            return pattern

        return [
            at("import/", views.upload, "import"),
            at("import/<int:pk>/", views.plan, "plan"),
            at("<int:pk>/import-now/", views.import_now, "import_now"),
            at("<int:pk>/list.md", views.export, "export"),
            *super().get_urls(),
        ]


admin.site.unregister(Catalogue)
admin.site.register(Catalogue, ListedCatalogueAdmin)
