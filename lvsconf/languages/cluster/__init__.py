"""The cluster language: text to a Cluster, or to the problems that keep it from being one."""

from lvsconf.languages.cluster.reader import UNREADABLE, Reading, read

__all__ = ["UNREADABLE", "Reading", "read"]
