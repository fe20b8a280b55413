"""Addresses of the API."""

from typing import Final

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from backend.api import (
    views_accelerators,
    views_account,
    views_admin,
    views_data,
    views_health,
    views_jobs,
    views_networks,
    views_projects,
    views_session,
)

urlpatterns: Final = [
    path("openapi.json", SpectacularAPIView.as_view(permission_classes=[], throttle_classes=[]), name="openapi"),
    path("health", views_health.Health.as_view()),
    path("session", views_session.SessionOfBrowser.as_view()),
    path("accounts", views_session.Accounts.as_view()),
    path("password-resets", views_session.PasswordResets.as_view()),
    path("password-resets/confirm", views_session.NewPassword.as_view()),
    path("confirmed-addresses", views_session.ConfirmedAddresses.as_view()),
    path("me/password", views_account.MyPassword.as_view()),
    path("me/email", views_account.MyEmail.as_view()),
    path("me/close", views_account.CloseMe.as_view()),
    path("me", views_account.Me.as_view()),
    path("tokens", views_account.Tokens.as_view()),
    path("tokens/<str:token>", views_account.OneToken.as_view()),
    path("projects", views_projects.Projects.as_view()),
    path("projects/<str:project>", views_projects.OneProject.as_view()),
    path("projects/<str:project>/members", views_projects.Members.as_view()),
    path("projects/<str:project>/members/<str:user>", views_projects.OneMember.as_view()),
    path("projects/<str:project>/activity", views_projects.ProjectActivity.as_view()),
    path("projects/<str:project>/networks", views_networks.Networks.as_view()),
    path("projects/<str:project>/data", views_data.DataFiles.as_view()),
    path("projects/<str:project>/accelerators", views_accelerators.Accelerators.as_view()),
    path("projects/<str:project>/jobs", views_jobs.ProjectJobs.as_view()),
    path("networks/<str:network>", views_networks.OneNetwork.as_view()),
    path("networks/<str:network>/versions", views_networks.Versions.as_view()),
    path("networks/<str:network>/versions/<int:number>", views_networks.OneVersion.as_view()),
    path("networks/<str:network>/versions/<int:number>/file", views_networks.VersionFile.as_view()),
    path("data/<str:data>", views_data.OneDataFile.as_view()),
    path("accelerators", views_accelerators.Presets.as_view()),
    path("accelerators/<str:accelerator>", views_accelerators.OneAccelerator.as_view()),
    path("jobs", views_jobs.Jobs.as_view()),
    path("jobs/<str:job>", views_jobs.OneJob.as_view()),
    path("jobs/<str:job>/cancel", views_jobs.CancelJob.as_view()),
    path("jobs/<str:job>/retry", views_jobs.RetryJob.as_view()),
    path("jobs/<str:job>/events", views_jobs.JobEvents.as_view()),
    path("jobs/<str:job>/artifacts/<str:name>", views_jobs.JobFile.as_view()),
    path("admin/users", views_admin.Users.as_view()),
    path("admin/users/<str:user>", views_admin.OneUser.as_view()),
    path("admin/users/<str:user>/link", views_admin.UserLink.as_view()),
    path("admin/settings", views_admin.Settings.as_view()),
    path("admin/health", views_admin.HealthInDetail.as_view()),
    path("admin/workers", views_admin.Workers.as_view()),
    path("admin/activity", views_admin.InstallationActivity.as_view()),
]
