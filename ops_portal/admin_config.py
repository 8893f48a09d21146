"""Which site the admin is. Apart from `apps`, where Django would take it for this package's own."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default = False
    default_site = "ops_portal.site.PortalSite"
