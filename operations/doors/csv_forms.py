"""The form of a page that takes a CSV file: the file, and for each field its column and its default."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from operations.csv_files.reading import DEFAULT_ENCODING
from operations.errors import Invalid

# In bytes. A request that reads a larger one takes longer than a person waits.
LARGEST_FILE = 100_000_000
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows, western Europe (cp1252)"),
    ("iso-8859-15", "Latin-9 (ISO 8859-15)"),
    ("cp1250", "Windows, central Europe (cp1250)"),
    ("utf-16", "UTF-16"),
]


class Entry(forms.CharField):
    """One line of text, as it was typed."""

    def __init__(self, *, placeholder: str = "", **options: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"placeholder": placeholder, "autocomplete": "off"})
        super().__init__(required=False, max_length=200, widget=widget, **options)


class CsvForm(forms.Form):
    """A file, its encoding, and for each field its column and what stands where that is missing.

    `sections_of` lists the fields by the title that they stand under; `examples` those that may well be the
    same in every row. `command` takes a file of any size.
    """

    command: ClassVar[str]
    sections_of: ClassVar[Sequence[tuple[str, Sequence[str]]]]
    labels: ClassVar[Mapping[str, str]]
    notes: ClassVar[Mapping[str, str]] = {}
    examples: ClassVar[Mapping[str, str]] = {}

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput({"accept": ".csv,text/csv", "class": " ".join(INPUT_CLASSES)}),
        help_text="Up to 100 MB, with a header. A comma separates the cells.",
    )
    encoding = forms.ChoiceField(
        choices=ENCODINGS, initial=DEFAULT_ENCODING, widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self._names():
            self.fields[f"map_{field}"] = Entry(
                label=f"{self.labels[field]}: column", placeholder=field, help_text=self.notes.get(field, "")
            )
            if field in self.examples:
                self.fields[f"default_{field}"] = Entry(
                    label=f"{self.labels[field]}: default", placeholder=f"such as {self.examples[field]}"
                )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(
                f"The file has {(file.size or 0) / 1e6:,.0f} MB, and this page takes "
                f"{LARGEST_FILE / 1e6:,.0f} MB. On the server, `manage.py {self.command} FILE` takes "
                "a file of any size."
            )
        return file

    @property
    def sections(self) -> list[tuple[str, list[list[forms.BoundField]]]]:
        """The fields under their titles, each with its column and its default."""
        return [
            (title, [[self[name] for name in _pair(field) if name in self.fields] for field in fields])
            for title, fields in self.sections_of
        ]

    def chosen(self, kind: str) -> dict[str, str]:
        """What was entered as "map" or as "default", by field."""
        return {
            field: text
            for field in self._names()
            if (text := self.cleaned_data.get(f"{kind}_{field}", "").strip())
        }

    def mark(self, refusal: Invalid) -> None:
        """Put each fault to its field, or to the file."""
        for name, rule in refusal.fields.items():
            known = name.replace(" ", "_", 1)
            self.add_error(known if known in self.fields else "file", rule[:1].upper() + rule[1:])

    def _names(self) -> list[str]:
        return [field for _, fields in self.sections_of for field in fields]


def _pair(field: str) -> tuple[str, str]:
    return f"map_{field}", f"default_{field}"
