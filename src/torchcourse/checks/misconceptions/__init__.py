"""Recognized misconceptions: what a wrong result usually comes from, and what to ask next.

``kinds`` looks at type and dtype, ``shapes`` at shapes, ``values``, ``axes`` and ``scales`` at the
numbers. The layer that failed states expected against got; these modules add the reason and the
question, and run only after a layer has failed. Imports: context ← kinds, shapes, axes, scales ←
values.
"""
