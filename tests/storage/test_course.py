"""The folder of the course is found from anywhere, or the error says what to set."""

import pytest
from places import REPO

import attnviz as av
from attnviz.storage import course


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """A course of another place, and no environment variable."""
    monkeypatch.delenv("ATTNVIZ_COURSE", raising=False)
    (tmp_path / "course/book/_results").mkdir(parents=True)
    (tmp_path / "course/book/chapters/deep").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "course"


def test_it_is_found_from_each_folder_below(made_up, monkeypatch):
    """From the folder itself, and from a chapter's."""
    for below in (".", "book/chapters", "book/chapters/deep"):
        monkeypatch.chdir(made_up / below)
        assert av.course_folder() == made_up


def test_the_environment_variable_comes_first(made_up, monkeypatch):
    """Even inside another course; a relative path comes back absolute."""
    monkeypatch.chdir(made_up.parent)
    monkeypatch.setenv("ATTNVIZ_COURSE", "course")
    assert av.course_folder() == made_up
    monkeypatch.setenv("ATTNVIZ_COURSE", str(REPO))
    monkeypatch.chdir(made_up)
    assert av.course_folder() == REPO


def test_elsewhere_it_is_the_checkout_of_the_package(made_up, monkeypatch):
    """A notebook alone in an empty folder finds the course that attnviz was installed from."""
    monkeypatch.chdir(made_up.parent / "elsewhere")
    assert av.course_folder() == REPO


def test_a_wrong_variable_is_an_error_that_names_it(made_up, monkeypatch):
    """It does not look elsewhere in silence."""
    monkeypatch.chdir(made_up)
    monkeypatch.setenv("ATTNVIZ_COURSE", "no/such")
    with pytest.raises(FileNotFoundError, match=r"ATTNVIZ_COURSE='no/such' has no folder book/_results: set"):
        av.course_folder()


def test_without_any_course_the_error_says_where_it_looked(made_up, monkeypatch):
    """The package was installed without its book: what was looked for, where, and what to set."""
    monkeypatch.chdir(made_up.parent / "elsewhere")
    monkeypatch.setattr(course, "__file__", str(made_up.parent / "site-packages/attnviz/storage/course.py"))
    with pytest.raises(FileNotFoundError, match=r"book/_results in '.*elsewhere'.*Set .*ATTNVIZ_COURSE"):
        av.course_folder()
