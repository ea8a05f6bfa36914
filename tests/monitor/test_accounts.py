"""What somebody may do, by right or by group."""

import pytest
from django.contrib.auth.models import Group, Permission

pytestmark = pytest.mark.django_db
STOP, RESUME = "processing.add_stop", "processing.change_stop"


@pytest.fixture
def anna(django_user_model):
    user = django_user_model.objects.create_user("anna")
    group = Group.objects.create(name="operators")
    group.permissions.add(Permission.objects.get(codename="add_stop"))
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.get(codename="change_stop"))
    return user


def test_rights_of_user_and_groups_take_one_query(anna, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert anna.has_perm(STOP)
        assert anna.has_perm(RESUME)
        assert not anna.has_perm("processing.add_associationblock")


def test_who_is_not_active_may_do_nothing(anna):
    anna.is_active = False

    assert not anna.has_perm(STOP)


def test_a_superuser_may_do_everything(django_user_model):
    assert django_user_model.objects.create_superuser("root").has_perm(STOP)


def test_a_right_of_all_objects_is_none_of_a_single_one(anna):
    assert not anna.has_perm(STOP, anna)
