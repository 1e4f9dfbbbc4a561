"""What does a report need to hold on another machine? Its runs as their tools left them, and a list that says what belongs to it."""

from perfkit.bundle.contents import Contents, Member, StoredRun
from perfkit.bundle.opening import Opened, is_bundle, opened
from perfkit.bundle.writing import Given, write

__all__ = ["Contents", "Given", "Member", "Opened", "StoredRun", "is_bundle", "opened", "write"]
