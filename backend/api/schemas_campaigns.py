"""What campaigns look like in answers."""

from rest_framework import serializers

from backend.api.forms import Form
from backend.api.schemas import Char, Integer, Number, Time, Values, page_of
from backend.api.schemas_jobs import ArtifactView, FailureView
from contracts.job import CampaignState


class CampaignItemView(Form):
    """A campaign in lists."""

    id = Char()
    project = Char()
    name = Char()
    state = serializers.ChoiceField(choices=[state.value for state in CampaignState])
    networks = Integer(help_text="That it draws.")
    rows_in_all = Integer(help_text="Simulations: every network on every accelerator.")
    rows = Integer(allow_null=True, help_text="That are there, as far as its newest job says.")
    failures = Integer(
        allow_null=True, help_text="Rows that hold a reason instead of figures; known when it is complete."
    )
    rows_per_minute = Number(allow_null=True, help_text="Over the last minute.")
    phase = Char(allow_null=True, help_text="`build` (simulators), `simulate`, `train`, `export`.")
    fraction = Number(allow_null=True, help_text="What is done of the phase, 0 to 1.")
    seconds_left = Number(allow_null=True, help_text="Of the phase, extrapolated.")
    reason = Char(allow_blank=True)
    job = Char(help_text="Its newest job, whose events tell of every change.")
    created = Time()
    created_by = Char()
    url = Char()


class CampaignView(CampaignItemView):
    """A campaign."""

    definition = Values(help_text="As `docs/campaigns.md` describes it.")
    failure = FailureView(allow_null=True)
    artifacts = Values(
        child=ArtifactView(),
        help_text="`networks`, `layers`, `training` where networks were trained (Parquet), `card`: when it is complete.",
    )
    events_url = Char()
    distributions_url = Char()


class PartEstimateView(Form):
    """What one part of a campaign will take."""

    family = Char()
    rows = Integer()
    minutes = Number()


class CampaignEstimateView(Form):
    """What a campaign will take: an estimate from some of its networks, priced without compiling them."""

    name = Char()
    networks = Integer()
    rows = Integer()
    cycles = Number(help_text="That will be simulated.")
    minutes = Number(help_text="On all processors of the hardware service's machine, with nothing else to do.")
    processors = Integer()
    trainings = Integer(help_text="Networks that are trained, repeats included.")
    training_minutes = Number(help_text="Of the minutes, those that training takes.")
    parts = PartEstimateView(many=True)


class CompositionView(Form):
    """Rows of one family on one accelerator."""

    family = Char()
    accelerator = Char()
    rows = Integer()
    failures = Integer()


class ReasonView(Form):
    """Failures of one kind."""

    error = Char()
    rows = Integer()
    example = Char()


class FailedRowView(Form):
    """A row that failed."""

    run = Char()
    family = Char()
    accelerator = Char()
    seed = Integer(help_text="Number of the network in its part.")
    reason = Char()


class DistributionsView(Form):
    """How a campaign's rows are distributed, those that are there so far."""

    rows = Integer()
    failures = Integer()
    families = serializers.ListField(child=Char())
    composition = CompositionView(many=True)
    histograms = Values(
        help_text="By figure: `unit`, `origin`, `scale`, `edges`, `counts` by family, `least`, `median`, `greatest`."
    )
    scatter = Values(help_text="By family: `macs`, `latency_ms`, `accelerator` of evenly chosen rows.")
    reasons = ReasonView(many=True)
    failed = FailedRowView(many=True, help_text="The first fifty.")


CampaignPage = page_of(CampaignItemView)
