"""``student`` across a process boundary: plain typed data both ways, nothing pickled.

``protocol`` bounds and checks, ``encode`` and ``decode`` carry values with their memory layout,
``inside`` answers in the learner's process, ``student`` asks in the grader's.
"""
