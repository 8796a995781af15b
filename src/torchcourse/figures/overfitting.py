"""The overfitting dial: width, weight decay and epochs of networks that learn 16 noisy points.

``measure`` trains the nine networks with ``torch.optim.AdamW``, which takes seconds, so what it
found is stored below and a test measures again. A stored text has one character for each number.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .figure import Figure

WIDTHS, DECAYS = (2, 8, 64), (0, 1, 5)
EPOCHS = (10, 20, 50, 100, 200, 500, 1000, 2000)
TRAIN, VAL, NOISE, RATE = 16, 100, 0.3, 0.01
OPENS_ON = (2, 0, 7)  # 64 wide, no decay, 2000 epochs
PLACES = 41  # points of a network's curve, evenly from -1 to 1
REACH = 1.76  # a y from -REACH to REACH is one of the characters of CODES
CODES = "".join(chr(c) for c in range(35, 126) if chr(c) not in "<\\")

# By width, then by decay: losses in thousandths after each of EPOCHS, training then validation.
LOSSES: tuple[tuple[tuple[int, ...], ...], ...] = (
    (
        (535, 730, 503, 624, 483, 614, 345, 436, 128, 142, 57, 174, 51, 204, 43, 146),
        (521, 703, 496, 617, 481, 607, 466, 584, 185, 200, 131, 149, 155, 169, 102, 131),
        (489, 630, 490, 585, 490, 583, 448, 551, 448, 549, 486, 590, 484, 593, 243, 287),
    ),
    (
        (216, 263, 211, 179, 162, 167, 85, 125, 52, 146, 38, 157, 21, 181, 12, 161),
        (227, 284, 208, 189, 195, 204, 168, 177, 83, 125, 57, 120, 54, 124, 48, 127),
        (330, 404, 342, 412, 346, 421, 296, 355, 308, 372, 298, 359, 294, 353, 290, 349),
    ),
    (
        (242, 253, 183, 192, 58, 123, 41, 156, 33, 169, 13, 167, 7, 200, 0, 272),
        (240, 254, 197, 198, 81, 130, 56, 124, 46, 137, 41, 139, 22, 150, 22, 153),
        (237, 266, 223, 233, 212, 221, 116, 138, 92, 131, 100, 137, 107, 142, 116, 149),
    ),
)
# The same networks' curves, PLACES characters for each of EPOCHS.
CURVES: tuple[tuple[str, ...], ...] = (
    (
        (
            "FFFFFFFFFFFFFFEEEEEEEEEEEEEEEEEDDDDDDDDDDKKKKKKKKKKKKKKKKKKKJJJJJJJJJJJJJJJJJIIIII"
            "IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIDDDEEEEFFFFGGGHHHIIJJJKKLLLMMNNNOOOPPPPQQ"
            ":::::::;;;;==>?@ACEGJMPRUXZ[^_``aabbbbbbc===============>>>?@BFKS]ekllifc`]ZXVTRQP"
            "@@@@????>>>===;;::::;@GR^eijihfda_[YVTQOMGEDBA@>=;:999999:;>ADIPV]begggfdb`]ZWTQOL"
        ),
        (
            "GGGGGGGFFFFFFFFFFFFFFFFFFFFFFFEEEEEEEEEEEKKKKKKKKKKKKKJJJJJJJJJJJJJJJJJJJJJJJJJJJI"
            "JJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJIIIIIIIIJJJJJJJJJJJJJJJJJJJJJJJJJJJKKKKKK"
            "99:::;;=>>?@ABCDFGHJKMNPQSTVWXZ[]^^_``abb;;;;;;;;===>>?@ABDFHJMORTWYZ[^^_```aaaaab"
            ":::::;;;==>>?@ABDEGIKMOQSUWXZ[]^__`aaabbbA@?>>==;;;;;==>?ACEGJMPRUWY[]^_`````__^^]"
        ),
        (
            "IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIHHHHHHHHHHHLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL"
            "LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLIIIIIIJJJJJJJJJJJJKKKKKKKKKKKKLLLLLLLLLLL"
            "IIIJJJJJJJJJJJJJKKKKKKKKKKKKLLLLLLLLLLLMMKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK"
            "KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK???@@AABBCCDEEFGHIJJKLMNOPQQRSTUUVWWXYYZZ"
        ),
    ),
    (
        (
            "45567789::;=>@ABCEFGIJLMNPQRSUVWXYYZ[]]^_34456789:;=?@BCEGIKMOQSTVXZ[^_`abcdefgghh"
            "8889999::;==>?ABCEGIKMOQSUWYZ]^_`abbccddeBAA@@?>>==;:::::;>ADINRVY[]__````````````"
            "CBBA@@?>>==;;::9::=?CIPW^bdeeedba_][YXVUTLIFC@>=;:99999::;;>?BGMU]cghhgfda_[XVSQOM"
            "GFFFEDA;4-+2=CDB>:9:?FNV^bdeffedca^[XUROLJHFDDEG?2026;@EIC1@KNORW^bdeeeedcb`^ZVROK"
        ),
        (
            "8899::;==>?@ABCDEFGHIJKLNOPQRSTUUVWXXYZZ[566789:;=>?@BCEFHIKLNPQSTVWYZ[^_`abccdeff"
            "78899:;;=>?@ABCDFGHJKMNPQSTVWXZ[]^_`abccd99::::;;==>?@ABCDFGIKMOQRTVXYZ]^_`aabcccd"
            "@@???>>===;;;;;=>@BEIMQUX[^_``````___^^^]EDCBA?>=;;:9999:;>ADIMRVZ^`bccbba`_][YXWU"
            "DCCBA@?>=;:99999;=@DHMRW[_bcddcba`^]ZXWUTFECBA?>=;::99999;=@CGLRW[`bddddca`^[YWUSQ"
        ),
        (
            "CDDDEEEFFFGGGHHIIJJJKKLLMMNNNOOPPQQQRRRSSDDEEEFFFGGGHHIIIJJJKKLLMMMNNOOOPPQQQRRRSS"
            "DDDEEEFFGGGHHHIIIJJKKKLLLMMNNNOOPPPQQRRRS@AABBCCDDEEFGGHHIIJJKLLMMNOOPPQRRSSTTUUVW"
            "ABBCCCDDEEFFGGHHIIJJKKLMMNNOOPPQQRRSSTTUU@AABBCCDDEEFFGHHIIJJKLLMMNNOPPQQRRSTTUUVV"
            "@@AABBCDDEEFFGGHIIJJKLLMMNOOPPQQRSSTTUUVW@@AABBCCDDEFFGGHIIJJKLLMMNOOPPQRRSSTUUVVW"
        ),
    ),
    (
        (
            "?@@AABBCCDEFFGHIIJKLMNOPQRSTUVWXYZZ[]^^_`;;===>>??@@ABCDEFGIJLMOPRTUVXYZ[]^_`aabbc"
            "FEDCBA?>=;:998889;?CHOV[`cddddcba_^][ZYXWIGECA?>=;:99999::;>@CGMT]cgihgfda_[YVTRON"
            "IGFECA>:8889:;;=====?CJT^cfhhgfdb_]YVTQOMJHFEDEE?3346:AFGB6=DJMOT^dggffedca_[WTQOM"
            "KIECDGLB58978?GHB/@LPPPR^cb``aced`ZWTRPONLIECDFKC6=;79@FCA1AMPQQS^b[RMN[iVVSQOOOOP"
        ),
        (
            "??@@AABBCDDEFGHHIJKLMNOPQRSTUVWXXYZ[]]^__::;;==>??@ABCDEFGHJKLNOQRTUVXYZ[]^_`abbcc"
            "AA@??>>==;;;;;;=>?ADHLQUXZ]^_______^^^]]]FECBA@?>=;:99999:=@CHMRW]`bcccba`_^][YXWV"
            "FDCBA@>=;;:99999:=?BFKQW]acefeecb_]ZWUSQOIGECA?=;:999999:;=?BFKQW]`cdeeedb`]YVTQPN"
            "HGFECA>:7546;ADC>::?DKRX^acdeeedca^ZWTQPNIHGECA>:7546;ADD?::?ELRX^acdeeedb`^ZWTQON"
        ),
        (
            ";==>??@AABCDDEFGHIJKLMNNOPQRSTUVWXYYZ[]]^7899:;=>?@ABCDEFGIJKLMNPQRSTVWXYZ[]^_`abc"
            "7789:;;=>?@ABCDEGHIJLMNPQRTUVXYZ[]^_`abcd============>>?@ACEGJMPSUXZ[^^_```aaaaaaa"
            "A@@??>>====;===>@ADFIMPTVY[]^_______^^^]]@@??>>>=======>?@BDGJMPSVXZ[]^______^^^]]"
            "???>>>>======>?@ACEGJMPRUWY[]^^_____^^^^]??>>>>=====>>??@BCEHJMORTWXZ[]^^^___^^^^^"
        ),
    ),
)


def overfitting() -> Figure:
    """The figure: pick width and weight decay, move the epochs, compare the two losses."""
    with torch.device("cpu"):
        x, y = _points()
    return Figure(
        name="overfitting",
        data={
            "widths": WIDTHS,
            "decays": DECAYS,
            "epochs": EPOCHS,
            "places": PLACES,
            "reach": REACH,
            "codes": CODES,
            "points": _text(torch.cat([x, y], dim=1).flatten()),
            "train": TRAIN,
            "losses": LOSSES,
            "curves": CURVES,
        },
        state=dict(zip(("width", "decay", "epoch"), OPENS_ON, strict=True)),
        words=_words(*OPENS_ON),
        alt="Networks of three widths and three weight decays that learn 16 noisy points of a "
        "sine: the curve of the network, and its training and validation loss over the epochs.",
        table=[
            ("width", "weight decay", "epochs", "training loss", "validation loss"),
            *(
                (str(width), str(decay), str(EPOCHS[n]), *map(_loss, _pair(i, j, n)))
                for i, width in enumerate(WIDTHS)
                for j, decay in enumerate(DECAYS)
                for n in (2, 7)
            ),
        ],
    )


def measure() -> tuple[list[list[list[int]]], list[list[str]]]:
    """Train the nine networks again: LOSSES and CURVES, in some seconds."""
    with torch.device("cpu"), torch.enable_grad():
        found = [[_run(width, decay) for decay in DECAYS] for width in WIDTHS]
    return [[one[0] for one in row] for row in found], [[one[1] for one in row] for row in found]


def _points() -> tuple[torch.Tensor, torch.Tensor]:
    """x and y, each (TRAIN + VAL, 1) float64; the network learns the first TRAIN of them."""
    rng = torch.Generator().manual_seed(3)
    x = 2 * torch.rand(TRAIN + VAL, 1, generator=rng, dtype=torch.float64) - 1
    noise = torch.randn(TRAIN + VAL, 1, generator=rng, dtype=torch.float64)
    return x, torch.sin(3 * x) + NOISE * noise


def _run(width: int, decay: float) -> tuple[list[int], str]:
    x, y = _points()
    places = torch.linspace(-1, 1, PLACES, dtype=torch.float64)[:, None]  # (PLACES, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ins, hidden, out = nn.Linear(1, width), nn.Linear(width, width), nn.Linear(width, 1)
    model = nn.Sequential(ins, nn.Tanh(), hidden, nn.Tanh(), out).double()
    opt = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=decay)
    losses: list[int] = []
    curves = ""
    for epoch in range(1, EPOCHS[-1] + 1):
        opt.zero_grad()
        (model(x[:TRAIN]) - y[:TRAIN]).square().mean().backward()
        opt.step()
        if epoch in EPOCHS:
            with torch.no_grad():
                squares = (model(x) - y).square()  # (TRAIN + VAL, 1)
                curves += _text(model(places).flatten())
            both = squares[:TRAIN].mean().item(), squares[TRAIN:].mean().item()
            losses += [round(1000 * loss) for loss in both]
    return losses, curves


def _text(numbers: torch.Tensor) -> str:
    """One character for each number from -REACH to REACH; those beyond are put at the edge."""
    at = (numbers / REACH + 1) / 2 * (len(CODES) - 1)
    return "".join(CODES[n] for n in at.round().long().clamp(0, len(CODES) - 1).tolist())


def _pair(width: int, decay: int, epoch: int) -> tuple[int, int]:
    losses = LOSSES[width][decay]
    return losses[2 * epoch], losses[2 * epoch + 1]


def _loss(thousandths: int) -> str:
    return f"{thousandths / 1000:.3f}"


def _words(width: int, decay: int, epoch: int) -> str:
    """The sentence of a state, as ``overfitting.mjs`` says it."""
    train, val = _pair(width, decay, epoch)
    curve: Sequence[int] = LOSSES[width][decay][1::2]
    low = min(curve)
    if train > 150:
        verdict = "underfitting: the network has not learned the curve"
    elif val > 1.25 * low:
        verdict = "overfitting: the network follows the noise of its points"
    else:
        verdict = "a good fit: the network follows the curve and little else"
    return (
        f"Width {WIDTHS[width]}, weight decay {DECAYS[decay]}, after {EPOCHS[epoch]} epochs: "
        f"training loss {_loss(train)}, validation loss {_loss(val)}; its lowest was {_loss(low)} "
        f"after {EPOCHS[curve.index(low)]}. This is {verdict}."
    )
