"""Addresses of the city's sign-in: without a language, for the provider knows one of each alone."""

from django.urls import re_path

from prime_portal import city_sign_in

urlpatterns = [
    re_path(r"^(?P<provider_id>city)/$", city_sign_in.begin, name="openid_connect_login"),
    re_path(
        r"^(?P<provider_id>city)/back/$", city_sign_in.come_back, name="openid_connect_callback"
    ),
]
