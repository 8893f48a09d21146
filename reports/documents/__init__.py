"""What each report says: one document behind the page, the mail, the API, the command and the archive."""

from reports.documents.building import build, kind_of, module_of
from reports.documents.periods import Period, asked, span_of

__all__ = ["Period", "asked", "build", "kind_of", "module_of", "span_of"]
