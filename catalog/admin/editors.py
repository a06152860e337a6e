"""Users, with the catalogues that they edit."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from catalog.models import Editorship


class EditorshipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Whoever has one of these changes nothing of other catalogues; whoever has none is not narrowed."""

    model = Editorship
    extra = 0
    verbose_name = "catalogue"
    verbose_name_plural = (
        "edits these catalogues only (none here: all, as far as the permissions go)"
    )


class EditorAdmin(UserAdmin):  # type: ignore[type-arg]
    inlines = [EditorshipInline]


admin.site.unregister(User)
admin.site.register(User, EditorAdmin)
