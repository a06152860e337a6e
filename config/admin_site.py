from django.contrib import admin


class StemmaAdminSite(admin.AdminSite):
    site_header = "Stemma"
    site_title = "Stemma"
    index_title = "Curation"
