"""Labs: lessons whose exercises check themselves against the ledger of a running exchange.

A lab is a folder: ``lab.py`` with its tasks and their checks, ``solution.py``, and its texts in ``vi`` and ``en``.
"""

from ndxp.labs.lab import Lab, Task, Verdict, right, wrong
from ndxp.labs.workplace import Workplace

__all__ = ["Lab", "Task", "Verdict", "Workplace", "right", "wrong"]
