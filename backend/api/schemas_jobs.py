"""What jobs, runs and reports look like in answers."""

from typing import ClassVar

from rest_framework import serializers

from backend.api.forms import Factories, Form
from backend.api.schemas import Char, Flag, Integer, Number, Problem, Time, Values, page_of
from contracts.job import EventKind, FailureClass, JobKind, JobState


class ArtifactView(Form):
    """A file that a job made."""

    digest = Char()
    size_bytes = Integer()
    media_type = Char()
    name = Char()
    url = Char()


class FailureView(Form):
    """Why a job failed, and who can do something about it."""

    code = Char()
    message = Char()
    awkward: ClassVar[Factories] = {
        "class": lambda: serializers.ChoiceField(choices=[kind.value for kind in FailureClass])
    }


class JobItem(Form):
    """A job in lists."""

    id = Char()
    project = Char()
    user = Char()
    run = Char(allow_null=True)
    retry_of = Char(allow_null=True)
    kind = serializers.ChoiceField(choices=[kind.value for kind in JobKind])
    name = Char(allow_blank=True)
    network = Char(allow_null=True)
    network_name = Char(allow_blank=True)
    accelerator_name = Char()
    campaign = Flag()
    state = serializers.ChoiceField(choices=[state.value for state in JobState])
    attempt = Integer()
    created = Time()
    started = Time(allow_null=True)
    ended = Time(allow_null=True)
    phase = Char(allow_null=True)
    fraction = Number(allow_null=True, help_text="What is done of the phase, 0 to 1.")
    seconds_left = Number(allow_null=True, help_text="Of the phase, extrapolated.")
    reason = Char(allow_blank=True)
    failure = FailureView(allow_null=True)
    figures = Values(help_text="Cycles, latency_ms, energy_mj, ...; `result` says where each comes from.")
    cached_from = Char(allow_null=True)
    done = Flag(help_text="Nothing will change any more.")
    success = Flag()
    failed = Flag()


class PlaceView(Form):
    """Where a queued job stands."""

    position = Integer()
    wait_s = Number(help_text="Expected, from how long such jobs took lately.")


class JobView(JobItem):
    """A job with its newest attempt."""

    options = Values()
    result = Values(allow_null=True)
    artifacts = Values(child=ArtifactView())
    queue = PlaceView(allow_null=True)
    last_event = Integer(help_text="Sequence number of the newest event: a cursor.")
    url = Char()
    events_url = Char()


class EventView(Form):
    """One thing that happened. Merging `changes` of all events in order gives the job."""

    job = Char()
    project = Char()
    sequence = Integer(help_text="Counts within the job, without gaps.")
    number = Integer(help_text="Counts within the project, without gaps.")
    attempt = Integer()
    time = Time()
    kind = serializers.ChoiceField(choices=[kind.value for kind in EventKind])
    changes = Values()
    line = Char(allow_blank=True)
    awkward: ClassVar[Factories] = {
        "data": lambda: Values(help_text="What a training session tells, by `kind`; docs/backend.md has the fields.")
    }


class EventList(Form):
    """Events after a cursor."""

    items = EventView(many=True)
    next = Integer(help_text="Pass as `after` to go on.")
    done = Flag(help_text="This is the end.")


class ReportView(Form):
    """A simulation's report: one inference, as `contracts.measurement.Measurement` describes it."""

    network = Char()
    accelerator = Char()
    simulator = Char(help_text="`rtl`; or `null`, which measures nothing.")
    clock_mhz = Number()
    clock_origin = Char()
    inputs = Integer(help_text="How many inputs were run.")
    bit_exact = Flag(help_text="All outputs equal those of `checked_against`.")
    checked_against = Char()
    cycles = Number()
    latency_ms = Number()
    throughput_fps = Number()
    energy_mj = Number()
    power_mw = Number()
    utilisation = Number()
    macs = Integer()
    dram_bytes = Number()
    expert_cycles = Number()
    layers = serializers.ListField(child=Values(), help_text="In the order in which they ran.")
    energy = Values(help_text="By action, with bounds.")
    program = Values()
    float_error = Values()
    quantisation = Values(help_text="Scales, the method that chose their ranges, and from how many images.")
    notes = serializers.ListField(child=Char())
    origins = Values(help_text="Where each figure comes from, by field.")


class ComparisonItem(Form):
    """One simulation of a comparison."""

    job = Char()
    name = Char(allow_blank=True)
    network = Char(allow_null=True)
    network_name = Char(allow_blank=True)
    accelerator_name = Char()
    bit_exact = Flag()
    simulator = Char()
    figures = Values(help_text="By name: `value`, `unit`, `origin`, and `ratio` to the reference's.")


class ComparisonView(Form):
    """Simulations side by side."""

    reference = Char()
    items = ComparisonItem(many=True)
    layers = serializers.ListField(
        child=Values(),
        help_text="By name; each figure is a list with one entry per item, null where it lacks the layer.",
    )


class AnalysisView(Form):
    """What a report says: `contracts.analysis` describes every part."""

    network = Char()
    accelerator = Char()
    cycles = Number()
    parts_cycles = Values(child=Number(), help_text="Cycles by cause; they add up.")
    why = serializers.ListField(child=Char(), help_text="What bounds the network, as sentences.")
    roofline = Values(help_text="Roofs of the accelerator, and points of the network and its layers.")
    layers = serializers.ListField(
        child=Values(), help_text="Cycles by cause, what bounds the layer, and `changes`, the most helpful first."
    )


class RunView(Form):
    """Jobs that were submitted together."""

    id = Char()
    project = Char()
    name = Char()
    created = Time()
    created_by = Char()
    states = Values(child=Integer(), help_text="How many jobs are in each state.")
    url = Char()


class ActionView(Form):
    """What became of an action on one job."""

    job = Char()
    changed = Flag()
    new = Char(allow_null=True, help_text="The new job, after a retry.")
    problem = Problem(allow_null=True, help_text="Why it was refused.")


class ActionsView(Form):
    """What became of an action on several jobs."""

    items = ActionView(many=True)


class WaitingView(Form):
    """A queued job."""

    position = Integer()
    kind = Char()
    job = JobItem(allow_null=True, help_text="Absent where the caller may not see it.")
    reason = Char(allow_blank=True, help_text="What it waits for.")
    wait_s = Number(help_text="Expected, from how long such jobs took lately.")


class QueueView(Form):
    """The installation's queue."""

    slots = Integer(help_text="Jobs that run at a time; 0 while the hardware service is away.")
    problem = Char(allow_blank=True, help_text="Why the hardware service cannot be asked.")
    busy = Integer(help_text="Jobs that run, everybody's.")
    queued = Integer(help_text="Jobs that wait, everybody's.")
    running = JobItem(many=True)
    waiting = WaitingView(many=True)


JobPage, RunPage = page_of(JobItem), page_of(RunView)
