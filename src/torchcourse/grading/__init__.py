"""A learner's notebook to verdicts: nbval in a jail, hidden asserts outside it.

``submission`` reads files strictly and ``reference`` the solution notebook; ``transplant`` puts the
learner's answers into the reference; ``session`` runs the visible cells with nbval on a kernel of
``jail`` and the hidden cells in this process, on a ``student`` of ``proxy``. ``worker`` is the
process around a session, ``pool`` and ``cluster`` run many, ``run`` grades a class, ``solo`` one
notebook, ``report`` and ``feedback`` write what came out.

The learner's process never holds an expected value, a hidden assert or a verdict.
"""
