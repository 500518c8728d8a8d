from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from partners.people.admin_access import GrantedAdmin
from partners.people.models import User
from partners.people.permissions import Grant


class NewUserForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ["email", "name", "role"]


class UserForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(GrantedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    view_grant = Grant.MANAGE_PEOPLE
    edit_grant = Grant.MANAGE_PEOPLE
    form = UserForm
    add_form = NewUserForm
    ordering = ["email"]
    list_display = ["email", "name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["email", "name"]
    filter_horizontal = []
    readonly_fields = ["last_login", "created_at"]
    fieldsets = [(None, {"fields": ["email", "password", "name", "role", "is_active", "last_login", "created_at"]})]
    add_fieldsets = [(None, {"fields": ["email", "name", "role", "usable_password", "password1", "password2"]})]
