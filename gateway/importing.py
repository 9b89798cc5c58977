"""Importing what the configuration names: a module's attribute, and what to say when it cannot be had."""

from __future__ import annotations

import importlib
import traceback
from pathlib import PurePath

from gateway.errors import BraidError


class CannotImport(Exception):
    """The module cannot be imported or lacks the attribute. The text says what to mend, and quotes no secret."""


def import_attribute(module_name: str, attribute: str) -> object:
    """The module's attribute. Raises CannotImport."""
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the module's own code raises while it is loaded
        raise CannotImport(f"cannot import '{module_name}': {_fault(error)}") from error
    found = getattr(module, attribute, None)
    if found is None:
        raise CannotImport(f"module '{module_name}' has no attribute '{attribute}'")
    return found


_ABOUT_CODE = (NameError, AttributeError, TypeError, LookupError, ZeroDivisionError, BraidError)


def _fault(error: Exception) -> str:
    """What to mend: the kind and the place of the fault, and its text when that can only be about the code.

    A driver's exception may well quote the address and password that it was given.
    """
    if isinstance(error, ImportError):
        return str(error)
    text = str(error).split("\n", 1)[0]
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {text}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"({PurePath(frame.filename).name}:{frame.lineno})"
    told = isinstance(error, _ABOUT_CODE) or type(error).__module__.startswith(("strawberry.", "graphql."))
    return f"{type(error).__name__}: {text} {place}" if told else f"{type(error).__name__} {place}"
