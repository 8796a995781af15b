"""The static site of the course: a Sphinx extension for Jupyter Book, and its build command.

``_config.yml`` names this package as an extension. Each module does one thing to every page:
`links` (addresses that follow a fork), `formulas` (rendered at build time), `offline` (nothing is
fetched from elsewhere), `weight` (few and small files), `access` (readable by keyboard and screen
reader), `terms` (the glossary, linked and found), `cards` (of myths, linked), `names` (of the API,
found), `plan` and `needs` (the chapters on the home page), `around` (a lesson's other pages),
`pages` (what the templates show), `rebuild` (what an edit changes). `build` runs all of it, `wheel`
adds the package to the site, and `pdf` prints it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Connect the parts to Sphinx (called by Sphinx, which passes its application object)."""
    from docutils import nodes

    from torchcourse.site import (
        access,
        around,
        cards,
        formulas,
        names,
        needs,
        offline,
        pages,
        plan,
        rebuild,
        terms,
        weight,
    )

    app.add_config_value("course_links", None, "html")
    # Jupyter Book passes this on to an extension that the course does not load.
    app.add_config_value("comments_config", None, "")
    app.connect("config-inited", pages.use_own_pages, priority=1)
    app.connect("builder-inited", formulas.use_packaged_node, priority=1)
    app.connect("builder-inited", weight.bundle_css)
    app.connect("builder-inited", terms.read_terms)
    app.connect("env-get-outdated", rebuild.changed_pages)
    app.connect("doctree-read", rebuild.note_addresses)
    app.connect("doctree-read", names.note_names)
    app.connect("env-updated", names.find_places)
    app.connect("env-updated", rebuild.pages_that_show_others)
    app.connect("env-updated", names.leave_out_solutions)
    app.connect("doctree-resolved", rebuild.keep_entries)
    app.connect("doctree-resolved", names.enter_names)
    app.connect("doctree-resolved", access.check_images)
    app.connect("doctree-resolved", access.fit_tables)
    app.connect("doctree-resolved", terms.link_terms)
    app.connect("doctree-resolved", cards.link_cards)
    app.connect("doctree-resolved", around.link_facts)
    app.connect("doctree-resolved", around.link_exercises)
    # After every other extension has had its say about this page.
    app.connect("html-page-context", pages.describe_page, priority=900)
    app.connect("html-page-context", offline.check_page, priority=910)
    app.connect("html-page-context", weight.size_images, priority=920)
    app.connect("html-page-context", weight.plain_code, priority=920)
    app.connect("build-finished", rebuild.finish, priority=100)  # before the sitemap is written
    app.connect("build-finished", formulas.close)
    app.connect("build-finished", weight.write_assets, priority=900)

    app.add_transform(terms.Terms)
    app.add_transform(cards.CardAddresses)
    app.add_directive("course-path", plan.CoursePath)
    app.add_directive("course-needs", needs.CourseNeeds)
    app.add_role("fact", plan.fact_role)
    app.add_node(nodes.table, override=True, html=(access.visit_table, access.depart_table))
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": False}


TEMPLATES = Path(__file__).parent
