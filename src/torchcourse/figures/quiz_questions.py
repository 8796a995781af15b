"""What the diagnostic quiz asks, and what it recommends; ``quiz.py`` finds the right options."""

from __future__ import annotations

from dataclasses import dataclass

PYTHON, NUMPY, DERIVATIVES = range(3)
SUBJECTS = ("Python", "NumPy", "Derivatives")


@dataclass(frozen=True)
class Question:
    """``asks`` (or WHAT) about ``code``; ``options`` are (source, why) pairs.

    The answer is the value of the last line of ``code``, or of ``answer`` where that is given.
    """

    subject: int
    asks: str
    code: str
    options: tuple[tuple[str, str], ...]
    answer: str = ""


WHAT = "What is the value of the last line?"
QUESTIONS = (
    Question(PYTHON, "", "x = [1, 2]\ny = x\ny.append(3)\nx", (
        ("[1, 2]", "y = x copies no list: it gives the same list a second name."),
        ("[1, 2, 3]", "x and y are two names of one list."),
        ("[1, 2, [3]]", "append adds the number itself, not a list with the number in it."),
        ("NameError", "x has had a value since the first line."),
    )),
    Question(PYTHON, "", "[i * i for i in range(5) if i % 2]", (
        ("[1, 9, 25]", "range(5) ends at 4, so 5 is never squared."),
        ("[0, 4, 16]", "i % 2 is 1 for odd numbers, and 1 counts as true."),
        ("[0, 1, 4, 9, 16]", "The if leaves out the numbers for which i % 2 is 0."),
        ("[1, 9]", "1 and 3 are the odd numbers below 5."),
    )),
    Question(PYTHON, "", "def add(x, to=10):\n    x + to\n\nadd(1)", (
        ("None", "The sum is computed and thrown away: there is no return."),
        ("11", "A function hands back what stands after return, and here nothing does."),
        ("1", "Nothing hands x back either."),
        ("TypeError", "to has a default, so one argument is enough."),
    )),
    Question(
        PYTHON,
        "",
        "class Scale:\n    def __init__(self, k):\n        self.k = k\n\n"
        "    def __call__(self, x):\n        return self.k * x\n\ndouble = Scale(2)\ndouble(3)",
        (
            ("2", "That is k, which __init__ keeps; the call goes on to multiply."),
            ("3", "Scale(3) would keep 3; double(3) calls an object that exists."),
            ("6", "Calling an object runs its __call__, as model(X) will in chapter 1."),
            ("TypeError", "An object whose class has __call__ can be called."),
        ),
    ),
    Question(NUMPY, "", "X = np.array([[1, 2, 3],\n              [4, 5, 6]])\nX.sum(axis=0)", (
        ("np.array([6, 15])", "That is axis=1; axis=0 is the axis that goes away."),
        ("np.array([5, 7, 9])", "axis=0 counts the rows, and summing over it leaves columns."),
        ("np.array([[5, 7, 9]])", "The axis is gone: one pair of brackets is left."),
        ("21", "Without axis= all numbers are added."),
    )),
    Question(NUMPY, "", "(np.ones((3, 1)) + np.ones(4)).shape", (
        ("(3, 4)", "Sizes are compared from the right, and a 1 stretches."),
        ("(4,)", "The first array has two axes, so the result has two."),
        ("(3, 5)", "Nothing is joined: the numbers are added."),
        ("ValueError", "Sizes of 1 and missing sizes stretch, so these shapes fit."),
    )),
    Question(NUMPY, "", "a = np.arange(4)\nb = a[1:3]\nb[0] = 9\na", (
        ("np.array([0, 1, 2, 3])", "A slice is no copy: b looks at the numbers of a."),
        ("np.array([9, 1, 2, 3])", "b[0] is the first number of the slice, and that is a[1]."),
        ("np.array([0, 1, 9, 3])", "The slice begins at index 1, not after it."),
        ("np.array([0, 9, 2, 3])", "b looks at the numbers of a, from index 1 on."),
    )),
    Question(NUMPY, "", "a = np.array([3, -1, 2])\na[a > 0]", (
        ("np.array([True, False, True])", "That is a > 0; as an index it picks numbers."),
        ("np.array([3, 0, 2])", "What is not picked is left out, not set to 0."),
        ("np.array([3, 2])", "Where the mask is true, the number is kept."),
        ("np.array([0, 2])", "A mask picks the numbers themselves, not their indices."),
    )),
    Question(DERIVATIVES, "What is the slope of f at x = 3?", "def f(x):\n    return x ** 2", (
        ("9", "That is the height f(3), not the slope."),
        ("2", "The slope of x ** 2 is 2 * x, which is 2 only at x = 1."),
        ("6", "The slope of x ** 2 is 2 * x."),
        ("3", "The power comes down as a factor: 2 * x, not x."),
    ), "slope(f, 3)"),
    Question(
        DERIVATIVES,
        "f is 5 at x = 1, and its slope there is -2. What is f(1.01), about?",
        "height, slope, h = 5, -2, 0.01",
        (
            ("3", "A whole step of 1 would change f by about -2, and 0.01 by far less."),
            ("4.98", "A small step h changes f by about slope * h."),
            ("5.02", "The slope is negative: to the right, f falls."),
            ("4.99", "The change is not h itself but slope * h."),
        ),
        "height + slope * h",
    ),
    Question(
        DERIVATIVES,
        "What is the slope of f at x = 1?",
        "def f(x):\n    return (3 * x + 1) ** 2",
        (
            ("24", "Chain rule: 2 * (3 * x + 1) for the square, times 3 for what is inside."),
            ("8", "2 * (3 * x + 1) still has to be multiplied by the slope inside, 3."),
            ("16", "That is the height f(1), not the slope."),
            ("6", "The square has to be taken at 3 * x + 1 = 4, not at 1."),
        ),
        "slope(f, 1)",
    ),
    Question(
        DERIVATIVES,
        "y stays 5 and x grows from 2: what is the slope of f in x?",
        "def f(x, y=5):\n    return x * x * y",
        (
            ("4", "The factor y stays: it multiplies the slope of x * x."),
            ("20", "y counts as a number: 5 times 2 * x."),
            ("10", "The slope of x * x at 2 is 4, not 2."),
            ("25", "y is held fixed, so it does not add a slope of its own."),
        ),
        "slope(f, 2)",
    ),
)  # fmt: skip
UNSURE = "I am not sure"

# For each subject: what a reader who reaches the score is told; the first that fits.
ADVICE = (
    (
        (3, "Enough for every chapter."),
        (0, "Read parts 3, 4, 5 and 9 of the tutorial on docs.python.org first."),
    ),
    (
        (4, "You know what chapters 3 and 4 build on."),
        (3, "Enough to start; chapters 2 to 4 fill the gap."),
        (0, "Take chapters 2 to 4 slowly, with every exercise."),
    ),
    (
        (3, "Enough to start; chapter 6 goes on from here."),
        (0, "Take chapter 6 slowly, with paper, before chapter 7."),
    ),
)
# The first path whose least scores, one for each subject, are all reached.
PATHS = (
    ((3, 4, 0), "The path “I know NumPy”: chapters 1 and 2, then skip to chapter 6."),
    ((3, 0, 0), "The core path: from chapter 1 on, without chapters 5, 16 and 19."),
    ((0, 0, 0), "Python first, then the core path: chapter 1 on, without 5, 16 and 19."),
)
