"""Addresses of networks.

Names that the frame links to: index (a project's id), network (a network's id), upload (a project's id).
"""

from typing import Final

from django.urls import path

from frontend.networks import views

app_name = "networks"
urlpatterns: Final = [
    path("projects/<str:project>/networks", views.index, name="index"),
    path("projects/<str:project>/networks/new", views.upload, name="upload"),
    path("networks/diff", views.diff, name="diff"),
    path("networks/<str:network>", views.network_page, name="network"),
    path("networks/<str:network>/versions/<int:number>/layers", views.layers, name="layers"),
    path("networks/<str:network>/change", views.change, name="change"),
    path("networks/<str:network>/delete", views.delete, name="delete"),
]
