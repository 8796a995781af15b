"""The search finds names, terms, messages and misconceptions among its first three results."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from site_pages import Reader

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ["browser", "built_site", "site_browser"]

TERM = "appendices/glossary.html#term-"
# What a reader types, and the start of an address that must be among the first three.
QUERIES = {
    # names of the API
    "requires_grad": "chapters/08_autograd.html",
    "retain_graph": "chapters/08_autograd.html",
    "from_numpy": "chapters/02_tensors.html",
    "torch.tensor": "chapters/02_tensors.html",
    "gather": "chapters/04_broadcasting.html",
    "einsum": "chapters/04_broadcasting.html",
    "as_strided": "chapters/03_shapes.html",
    "gradcheck": "chapters/08_autograd.html",
    "cross_entropy": "chapters/11_losses.html",
    "state_dict": "chapters/10_modules.html",
    "AdamW": "chapters/09_descending.html",
    "collate_fn": "chapters/12_data.html",
    "num_workers": "chapters/12_data.html",
    "weights_only": "chapters/13_training_loop.html",
    "autocast": "chapters/17_fast.html",
    "torch.compile": "chapters/17_fast.html",
    "zero_grad": "chapters/",
    # terms
    "broadcasting": "chapters/04_broadcasting.html",
    "stride": "chapters/03_shapes.html",
    "leaf": f"{TERM}leaf",
    "learning rate": f"{TERM}learning-rate",
    "momentum": "chapters/09_descending.html",
    "condition number": f"{TERM}condition-number",
    "version counter": f"{TERM}version-counter",
    "log-sum-exp": f"{TERM}log-sum-exp",
    "chain rule": f"{TERM}chain-rule",
    "saturation": "chapters/10_modules.html",
    "overfitting": "chapters/13_training_loop.html",
    "early stopping": "chapters/13_training_loop.html",
    "calibration": "chapters/11_losses.html",
    # messages
    "mat1 and mat2 shapes cannot be multiplied": "appendices/E_errors.html",
    "Trying to backward through the graph a second time": "appendices/E_errors.html",
    "a leaf Variable that requires grad is being used": "appendices/E_errors.html",
    "element 0 of tensors does not require grad": "appendices/E_errors.html",
    "view size is not compatible": "appendices/E_errors.html",
    "expected scalar type": "appendices/E_errors.html",
    "DataLoader worker exited unexpectedly": "chapters/12_data.html",
    # misconceptions and removed calls
    "softmax before cross entropy": "chapters/11_losses.html",
    "logit is the same as softmax": "appendices/A_myths.html",
    "saturated neuron": "appendices/A_myths.html",
    "lowest point of the gradient": "appendices/A_myths.html",
    "torch.eig": "appendices/D_new_api.html",
    "torch.symeig": "appendices/D_new_api.html",
}
# What one of the first three results says.
BATCH = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found"
SAYS = {
    "learning rate": "Glossary (learning rate)",
    "torch.eig": "5 The linear algebra networks use (5.6 When it breaks)",
    BATCH: f"Error decoder > TypeError: {BATCH} <class 'NoneType'>",
}


def results(page: Page, start: str, query: str) -> list[str]:
    """Addresses of the first three results, without the word to highlight."""
    page.goto(f"{start}/search.html?q={query.replace(' ', '+')}")
    page.wait_for_function(
        "/^(Search finished|Your search did not match)/m.test(document.body.innerText)"
    )
    links = page.locator("#search-results li > a")
    found = [link.get_attribute("href") or "" for link in links.all()[:3]]
    return ["".join(link.partition("?")[::2]).replace("highlight=", "#") for link in found]


def test_each_query_finds_its_page(reader: Reader, served: str) -> None:
    with reader() as page:
        found = {query: results(page, served, query) for query in QUERIES}
    missed = {
        query: links
        for query, links in found.items()
        if not any(link.startswith(QUERIES[query]) for link in links)
    }
    assert missed == {}


def test_a_result_names_the_section_or_term_it_leads_to(reader: Reader, served: str) -> None:
    with reader() as page:
        for query, wanted in SAYS.items():
            results(page, served, query)
            assert wanted in page.locator("#search-results li").all_inner_texts()[:3], query


def test_results_are_listed_without_loading_their_pages(reader: Reader, served: str) -> None:
    """However many there are, so that a search is as light as a page has to be."""
    with reader() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        assert len(results(page, served, "tensor")) == 3
        assert page.locator("#search-results li").count() > 20
        page.wait_for_load_state("networkidle")
    assert [path for path in asked if path.endswith(".html")] == ["/search.html"]


def test_there_are_forty_queries() -> None:
    assert len(QUERIES) >= 40


def test_a_word_that_is_nowhere_finds_nothing(reader: Reader, served: str) -> None:
    with reader() as page:
        assert results(page, served, "xylophone") == []


def test_the_search_works_from_files(reader: Reader, site) -> None:
    with reader() as page:
        for query in ("requires_grad", "learning rate"):
            found = results(page, site.as_uri(), query)
            assert any(link.startswith(QUERIES[query]) for link in found), found
