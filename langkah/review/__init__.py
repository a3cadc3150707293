"""Who approves what enters a dataset: the queue, its database, and its way through a spreadsheet; and who rates answers.

A run publishes its items; a reviewer approves, edits, rejects or skips each; the run reads the decisions by the keys of its
items. Approvals belong to the content: an unchanged item never comes back, a changed one does.
"""

from langkah.review.admission import Admitted, Ruling, admit, variant_item
from langkah.review.deciding import MAX_CHARS
from langkah.review.exchange import ImportReport, export_queue, import_decisions
from langkah.review.items import (
    UNDECIDED,
    Choice,
    Decision,
    Edit,
    Entry,
    Facets,
    Filters,
    Kind,
    Look,
    Neighbours,
    Page,
    Progress,
    Queue,
    ReviewItem,
    Verdict,
)
from langkah.review.places import PUBLIC_URL, database_url, page_url
from langkah.review.rating_drafts import RatingDrafts
from langkah.review.rating_exchange import RatingImport, export_ratings, import_ratings
from langkah.review.rating_items import RatingItem, RatingPlace, RatingProgress, Scores, Sheet
from langkah.review.rating_queue import RatingQueue
from langkah.review.review_queue import ReviewQueue
from langkah.review.reviewer_names import MAX_NAME, reviewer_name

__all__ = [
    "MAX_CHARS",
    "MAX_NAME",
    "PUBLIC_URL",
    "UNDECIDED",
    "Admitted",
    "Choice",
    "Decision",
    "Edit",
    "Entry",
    "Facets",
    "Filters",
    "ImportReport",
    "Kind",
    "Look",
    "Neighbours",
    "Page",
    "Progress",
    "Queue",
    "RatingDrafts",
    "RatingImport",
    "RatingItem",
    "RatingPlace",
    "RatingProgress",
    "RatingQueue",
    "ReviewItem",
    "ReviewQueue",
    "Ruling",
    "Scores",
    "Sheet",
    "Verdict",
    "admit",
    "database_url",
    "export_queue",
    "export_ratings",
    "import_decisions",
    "import_ratings",
    "page_url",
    "reviewer_name",
    "variant_item",
]
