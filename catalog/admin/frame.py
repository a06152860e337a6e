"""The frame of the admin, around pages that Django's admin does not make."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def framed(
    page: "ModelAdmin[Any] | AdminSite",
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> TemplateResponse:
    """A page of the admin: of one kind of row, with the way back to its list, or of the site as a whole."""
    frame: dict[str, Any]
    if isinstance(page, AdminSite):
        site, frame = page, page.each_context(request)
    else:
        site = page.admin_site
        frame = {**site.each_context(request), "opts": page.opts}
    request.current_app = site.name
    return TemplateResponse(request, template, frame | context, status=status)
