"""The roles as groups; who could see the pages until now, which was everybody with an account, is a viewer."""

from django.apps import apps as present
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEE = "view_job"
# As monitor/roles.py has them at the time of this migration.
ROLES = {
    "viewer": [SEE],
    "operator": [SEE, "add_stop", "change_stop", "change_instrument", "acknowledge_cluster"],
    "edp": [SEE, "draft_certificate"],
    "certifier": [SEE, "draft_certificate", "certify_certificate"],
}


def make_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Permissions first: Django itself makes them only after the last migration."""
    for label in ("processing", "auth"):
        create_permissions(present.get_app_config(label), verbosity=0, apps=apps)
    group, permission = apps.get_model("auth", "Group").objects, apps.get_model("auth", "Permission").objects
    ours = permission.filter(content_type__app_label="processing")
    for name, codenames in ROLES.items():
        group.get_or_create(name=name)[0].permissions.add(*ours.filter(codename__in=codenames))
    everything = ours | permission.filter(content_type__app_label="auth")
    group.get_or_create(name="administrator")[0].permissions.add(*everything)
    users = apps.get_model(settings.AUTH_USER_MODEL).objects.filter(is_active=True, is_superuser=False)
    group.get(name="viewer").user_set.add(*users)


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("processing", "0009_notices"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
