"""Addresses of accelerators.

Names that the frame links to: index (a project's id), accelerator (a project's id; an id or a preset's name),
new (a project's id; ?like=an id or a preset's name).
"""

from typing import Final

from django.urls import path

from frontend.accelerators import forms, verilog, views

app_name = "accelerators"
urlpatterns: Final = [
    path("projects/<str:project>/accelerators", views.index, name="index"),
    path("projects/<str:project>/accelerators/new", forms.new, name="new"),
    path("projects/<str:project>/accelerators/check", forms.check, name="check"),
    path("projects/<str:project>/accelerators/<str:accelerator>", views.accelerator_page, name="accelerator"),
    path("projects/<str:project>/accelerators/<str:accelerator>/change", forms.change, name="change"),
    path("projects/<str:project>/accelerators/<str:accelerator>/delete", forms.delete, name="delete"),
    path("projects/<str:project>/accelerators/<str:accelerator>/verilog", verilog.part, name="verilog"),
]
