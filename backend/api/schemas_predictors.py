"""What predictors look like in answers."""

from rest_framework import serializers

from backend.api.forms import Form
from backend.api.schemas import Char, Flag, Integer, Number, Time, Values, page_of


class PredictorView(Form):
    """A predictor, with its scores on networks that it was not fitted to."""

    id = Char(help_text="That of the job that made it.")
    project = Char()
    name = Char()
    version = Integer(help_text="Counts those of its name in the project, from 1.")
    kind = Char()
    target = Char()
    data_digest = Char()
    rows = Integer(help_text="Networks that it was fitted to.")
    accelerators = serializers.ListField(child=Char())
    families = serializers.ListField(child=Char())
    split = Char()
    scores = Values(help_text="`all`, `by_family`, `by_accelerator`; empty where every row was fitted to.")
    seed = Integer()
    created = Time()
    created_by = Char()
    job = Char()
    url = Char()
    file_url = Char(help_text="A zip: CatBoost's own format, ONNX, JSON.")


class EvaluationView(Form):
    """A predictor and its data set from all sides; docs/predictors.md describes the fields."""

    target = Char()
    unit = Char()
    data_digest = Char()
    rows = Integer()
    split = Char()
    kind = Char()
    compared = serializers.ListField(child=Values(), help_text="Scores of each kind on each split, by family too.")
    left = serializers.ListField(child=Values(), help_text="What could not be compared: `split`, `kind`, `reason`.")
    points = Values(allow_null=True, help_text="Columns: measured, predicted, low, high, family, outside.")
    curve = serializers.ListField(child=Values(), help_text="Errors by the number of simulations fitted to.")
    explanation = Values(allow_null=True, help_text="`importances`, `shap`, `values` by feature, `per_pass`.")


class MeasuredView(Form):
    """What a simulation of the same found."""

    value = Number()
    job = Char()
    origin = Char()


class PredictionView(Form):
    """One answer."""

    value = Number()
    low = Number(help_text="Lower end of the 90 % interval.")
    high = Number()
    outside = Flag(help_text="Unlike the networks that were fitted to: the interval may not hold.")
    expert = Number(
        allow_null=True, help_text="The closed form's estimate, in the same unit; of accuracy there is none."
    )
    inputs = Values(allow_null=True, help_text="What the ONNX file is to be asked with: `names`, `features`, `scales`.")
    version = Char(allow_null=True)
    accelerator = Char()
    measured = MeasuredView(allow_null=True)


class PredictionList(Form):
    """Answers in the order of the questions."""

    predictor = Char()
    target = Char()
    unit = Char()
    origin = Char()
    microseconds = Number(help_text="For each question, features not included.")
    items = PredictionView(many=True)


PredictorPage = page_of(PredictorView)
