"""What choices for training sessions look like in answers."""

from typing import ClassVar

from rest_framework import serializers

from backend.api.forms import Factories, Form
from backend.api.schemas import Char, Flag, Integer, Number


class NetworkChoice(Form):
    """A network that can be trained."""

    name = Char()
    says = Char()
    least_pixels = Integer(help_text="Height and width that images need.")


class DataChoice(Form):
    """Data that is known by name."""

    name = Char()
    says = Char()
    image_shape = serializers.ListField(child=Integer(), help_text="Channels, height, width.")
    classes = Integer()
    found = Flag(help_text="It is there.")


class MethodChoice(Form):
    """A way to meet a budget."""

    name = Char()
    says = Char()
    ignores_budget = Flag()


class CostChoice(Form):
    """Who foretells costs."""

    name = Char()
    says = Char()


class TrainingView(Form):
    """What training sessions can be about; classifiers of torchvision are known by their names besides."""

    networks = NetworkChoice(many=True)
    methods = MethodChoice(many=True)
    costs = CostChoice(many=True)
    awkward: ClassVar[Factories] = {"data": lambda: DataChoice(many=True)}


class ReachableItem(Form):
    """One row."""

    name = Char(help_text="`least`, `half` or `dense`.")
    latency_ms = Number()
    energy_mj = Number()
    params = Integer()
    macs = Integer()


class ReachableView(Form):
    """Which budgets a network can keep: from the least on."""

    network = Char()
    accelerator = Char()
    cost = Char()
    origin = Char()
    items = ReachableItem(many=True)
    awkward: ClassVar[Factories] = {"data": Char}
