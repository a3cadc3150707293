"""The web pages for people who do not program: the review of what enters a dataset.

Pages are made on the server and work without JavaScript; `static/review.js` adds the keyboard. Text of records is escaped by
Jinja2, never HTML. CSRF, sessions and host checks are the libraries' (asgi-csrf, Starlette).
"""

from langkah.app.originals import Originals
from langkah.app.review_app import review_app
from langkah.app.serving_pages import serve_review
from langkah.app.settings import AppSettings, OidcSettings, app_settings

__all__ = ["AppSettings", "OidcSettings", "Originals", "app_settings", "review_app", "serve_review"]
