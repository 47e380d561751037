"""Settings that all tests share."""

from hypothesis import settings

# No deadline: the first example of a process pays for imports, and tests are not where time is measured.
settings.register_profile("attnviz", deadline=None, print_blob=True)
settings.load_profile("attnviz")
