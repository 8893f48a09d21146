"""Form fields whose value is rows within rows: groups of conditions, targeting rules, variants.

They are drawn by the template that they name, which shows each fault at its row: an error's `code` is its
place, such as "rules[0].groups[1].conditions[0].values".
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property

from rollout.admin import rows, shown_rows
from rollout.admin.rows import Rows, Shape
from rollout.admin.shown_rows import Faults, ShownRows

# Among the clean data: a button was pressed that adds, removes or moves a row.
ARRANGING = "arranging"


class RowsWidget(forms.Widget):
    """Reads rows; what draws them is the field's template."""

    class Media:
        css = {"all": ["rollout/editor.css"]}

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Rows:
        # A first look at the page fills the form in with the stored rows.
        given = data.get(name)
        return given if isinstance(given, Rows) else rows.read(data, name, self.shape)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class RowsBoundField(BoundField):
    """A field of rows as the template sees it."""

    @cached_property
    def faults(self) -> Faults:
        found: dict[str, list[str]] = {}
        for error in self.errors.as_data():
            found.setdefault(error.code or self.name, []).extend(error.messages)
        return Faults(found)

    @cached_property
    def editor(self) -> ShownRows:
        """The rows with their controls, buttons and faults."""
        field: RowsField = self.field  # type: ignore[assignment]  # what makes this one
        value = self.value()
        return shown_rows.shown(
            value if isinstance(value, Rows) else Rows([]), self.name, field.shape, self.faults
        )

    @property
    def arranging(self) -> bool:
        """Whether a button was pressed that adds, removes or moves a row."""
        value = self.value()
        return isinstance(value, Rows) and value.arranged

    @property
    def more_faults(self) -> list[str]:
        """The faults that no row shows. To be asked for after the rows were drawn."""
        self.editor  # noqa: B018  # takes the faults that have a place
        return self.faults.rest()


class RowsField(forms.Field):
    """A list of rows. `template` draws it; `shape` says what a row has."""

    bound_field_class = RowsBoundField

    def __init__(self, shape: Shape, template: str, **options: Any) -> None:
        self.shape, self.template = shape, template
        super().__init__(widget=RowsWidget(shape), required=False, **options)


class RowsForm(forms.Form):
    """A form with rows. While somebody arranges them nothing is judged yet: a new row is blank.

    The clean data then has `ARRANGING`, and may lack any field.
    """

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        if any(isinstance(field, RowsBoundField) and field.arranging for field in self):
            self.errors.clear()
            self.cleaned_data[ARRANGING] = True
