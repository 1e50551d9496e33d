"""Compiling a cluster file: one snapshot for each host, and the scripts that put it in place."""

from lvsconf.compile.compiler import Built, build

__all__ = ["Built", "build"]
