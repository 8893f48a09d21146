"""What a report looks like over HTTP. Rates of figures are percentages; null: nobody measured it."""

# ruff: noqa: N815

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.models import Kind
from reports.shape import State

VALUE = {"oneOf": [{"type": "number"}, {"type": "string"}], "nullable": True}


@extend_schema_field(VALUE)
class ValueField(serializers.Field[Any, Any, Any, Any]):
    """A number, a text, or null."""

    def to_representation(self, value: Any) -> Any:
        return value


def _value(what: str) -> ValueField:
    return ValueField(allow_null=True, help_text=what)


class FigureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Stable; for programs")
    title = serializers.CharField()
    value = _value("null: unknown, and `unknown` says why")
    unit = serializers.CharField(allow_blank=True)
    previous = _value("The same over the same time before; null: unknown, or there is no such thing")
    target = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField([*State], help_text="How it stands to its target")
    n = serializers.IntegerField(allow_null=True, help_text="How many it stands on")
    unknown = serializers.CharField(allow_blank=True)


class PointSerializer(serializers.Serializer[Any]):
    at = serializers.CharField(help_text="A time, or the first day of a longer step")
    value = serializers.FloatField(allow_null=True, help_text="null: a gap")


class SeriesSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    points = PointSerializer(many=True)
    unit = serializers.CharField(allow_blank=True)


class TableSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=_value("A cell")))


class SectionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    text = serializers.ListField(child=serializers.CharField())
    figures = FigureSerializer(many=True)
    series = SeriesSerializer(many=True)
    tables = TableSerializer(many=True)
    empty = serializers.CharField(allow_blank=True, help_text="What to do where nothing is known yet")


class ReportSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Kind.values)
    title = serializers.CharField()
    module = serializers.CharField()
    moduleName = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="Not included")
    madeAt = serializers.DateTimeField()
    timeZone = serializers.CharField(help_text="Whose days and weeks these are")
    summary = serializers.ListField(child=serializers.CharField(), help_text="The worst first")
    sections = SectionSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        # `data` is a property of serializers.
        return {**super().get_fields(), "data": DataField()}


@extend_schema_field(OpenApiTypes.OBJECT)
class DataField(serializers.Field[Any, Any, Any, Any]):
    """The documents of other calls, as these answer them: by the kind of the report."""

    def to_representation(self, value: Any) -> Any:
        return value
