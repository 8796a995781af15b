"""Text to notebooks: ``lessons/*/`` becomes ``chapters/``, ``exercises/`` and ``solutions/``.

``masters`` reads the text, ``exercise_set`` groups it by exercise, ``notebooks`` arranges and
``assembly`` puts together, ``execute`` runs, ``build`` decides what has to run again and writes.
``style`` holds the house style's checkable rules, and ``trial`` runs an exercise's right and wrong
answers against its checks. Imports go in that order; the learner side imports nothing of this.
"""
