"""Projects, members, networks, accelerators, artifacts, activity."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from backend.accounts.models import Token, User
from backend.ids import new_id
from contracts.accelerator import Accelerator as AcceleratorFields


def new_project_id() -> str:
    """A project's name for good."""
    return new_id("proj")


def new_network_id() -> str:
    """A network's name for good."""
    return new_id("net")


def new_version_id() -> str:
    """A version's name for good."""
    return new_id("ver")


def new_accelerator_id() -> str:
    """A custom accelerator's name for good."""
    return new_id("acc")


def new_data_id() -> str:
    """A data file's name for good."""
    return new_id("data")


class Role(models.TextChoices):
    """What a member may do in a project; each may do what those after it may."""

    OWNER = "owner", "change the project and its members"
    EDITOR = "editor", "add networks and accelerators, submit and cancel jobs"
    VIEWER = "viewer", "look at everything"

    def covers(self, needed: "Role") -> bool:
        """Whether this role includes the needed one."""
        order = [Role.OWNER, Role.EDITOR, Role.VIEWER]
        return order.index(self) <= order.index(needed)


class Artifact(models.Model):
    """A file in the store, named by the SHA-256 of its content; it never changes.

    It is reached only through rows that refer to it.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    size_bytes = models.BigIntegerField()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "artifact"

    def __str__(self) -> str:
        return self.digest


class Project(models.Model):
    """What a group works on together.

    Attributes:
        last_event: number of the newest event in the project's stream.
        version: counts changes, for ETags.
        sample: everybody who has signed in may look at it; there is at most one.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_project_id, editable=False)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="", max_length=5000)
    created = models.DateTimeField(default=timezone.now)
    last_event = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    sample = models.BooleanField(default=False)
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="projects"
    )

    class Meta:
        db_table = "project"
        constraints = (
            models.UniqueConstraint(fields=("sample",), condition=models.Q(sample=True), name="one_sample_project"),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "membership"
        constraints = (models.UniqueConstraint(fields=("project", "user"), name="one_role_per_project"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.project_id}"


class Network(models.Model):
    """A network with its versions, the newest of which is `latest`."""

    id = models.CharField(primary_key=True, max_length=40, default=new_network_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="networks")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="", max_length=5000)
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    latest = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "network"
        constraints = (models.UniqueConstraint(fields=("project", "name"), name="network_names_differ"),)
        indexes = (models.Index(fields=("project", "id"), name="networks_of_project"),)

    def __str__(self) -> str:
        return self.name


class NetworkVersion(models.Model):
    """One ONNX file of a network.

    Attributes:
        number: counts from 1 within the network.
        parent: the version it was made from, of this network or another of the project.
        how: in which way: `uploaded`, `trained` or `pruned`.
        made_by: the job that made it; empty where it was uploaded.
        facts: what the gate found: shapes, layers, parameters.
        dims: values of open dimensions.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_version_id, editable=False)
    network = models.ForeignKey(Network, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    how = models.CharField(max_length=20, default="uploaded")
    made_by = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    facts = models.JSONField(default=dict)
    dims = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        db_table = "network_version"
        constraints = (models.UniqueConstraint(fields=("network", "number"), name="version_numbers_differ"),)

    def __str__(self) -> str:
        return f"{self.network_id} v{self.number}"


class DataFile(models.Model):
    """Calibration data or inputs: an npz file with key `input`."""

    id = models.CharField(primary_key=True, max_length=40, default=new_data_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="data_files")
    name = models.CharField(max_length=100)
    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        db_table = "data_file"

    def __str__(self) -> str:
        return self.name


class Accelerator(models.Model):
    """A custom accelerator of a project; `fields` are those of `contracts.accelerator.Accelerator`."""

    id = models.CharField(primary_key=True, max_length=40, default=new_accelerator_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="accelerators")
    name = models.CharField(max_length=100)
    fields = models.JSONField()
    created = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "accelerator"
        constraints = (models.UniqueConstraint(fields=("project", "name"), name="accelerator_names_differ"),)

    def __str__(self) -> str:
        return self.name

    @property
    def description(self) -> AcceleratorFields:
        """The checked description."""
        return AcceleratorFields.from_mapping(self.fields)


class Activity(models.Model):
    """Who did what, when, in which project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="activity", null=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    token = models.ForeignKey(Token, models.SET_NULL, null=True, related_name="+")
    time = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=40, blank=True, default="")
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "activity"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes = (models.Index(fields=("project", "-id"), name="activity_of_project"),)

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
