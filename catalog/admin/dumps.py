"""The dumps that are on offer."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.base import ReadOnlyAdmin, on_site, superusers_delete
from catalog.models import Dump


@admin.register(Dump)
class DumpAdmin(ReadOnlyAdmin):
    """To be taken back when something should not have been in one; the next one lacks it."""

    list_display = ["__str__", "made_at", on_site]
    exclude = ["manifest"]

    def has_delete_permission(self, request: HttpRequest, obj: Dump | None = None) -> bool:
        return superusers_delete(request)

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Without reading their bytes, as Django would."""
        dumps = [str(dump) for dump in objs]
        return dumps, {"dumps": len(dumps)}, set(), []
