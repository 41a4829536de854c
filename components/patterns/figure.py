"""The picture: odds ratios with intervals of the strongest terms, and the same by slice beside them."""

import io
from typing import Any

from components.patterns.patterns import Patterns, SliceOdds

__all__ = ["draw"]

MOST_FEATURES = 4
MOST_GROUPS = 6
LONGEST_NAME = 34
WIDEST = 200.0
"""Largest odds ratio on the axis; an arrow stands at its end for what lies beyond."""

_WITH, _AGAINST, _LABEL_WORD = "#b2182b", "#2166ac", "#8c8c8c"
_SHADE = "#fdf3d8"


def draw(patterns: Patterns, title: str, label: str, top: int) -> bytes:
    """Draws a forest plot and small multiples.

    Args:
        patterns: The result.
        title: Task, split and sizes.
        label: Name of the label.
        top: Most terms of each direction.

    Returns:
        A PNG.
    """
    import seaborn as sns
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    terms = [*patterns.ranked(1)[:top], *patterns.ranked(-1)[:top]]
    places = _places(patterns, terms)
    features = list(dict.fromkeys(s.group.feature for s in patterns.slices if s.enough))[:MOST_FEATURES]
    with sns.axes_style("whitegrid", {"axes.edgecolor": "#bbbbbb", "grid.color": "#eeeeee"}):
        height = 2.3 + 0.27 * max(8, len(terms))
        figure = Figure(figsize=(7.6 + 2.9 * len(features), height), layout="constrained", facecolor="white")
        panels = figure.subplots(
            1, 1 + len(features), sharey=True, squeeze=False, gridspec_kw={"width_ratios": [1.35, *[1] * len(features)]}
        )[0]
    canvas = FigureCanvasAgg(figure)
    _overall(panels[0], patterns, places, label)
    for axes, feature in zip(panels[1:], features, strict=True):
        of_feature = [s for s in patterns.slices if s.group.feature == feature and s.enough][:MOST_GROUPS]
        colours = sns.color_palette("colorblind", max(len(of_feature), 3))
        _by_group(axes, patterns, places, feature, of_feature, colours)
    _scale(panels, patterns, terms)
    _arrows(panels[0], patterns, places)
    for axes in panels:
        sns.despine(ax=axes, left=True)
    figure.suptitle(title, fontsize=11)
    out = io.BytesIO()
    canvas.print_figure(out, dpi=120)
    return out.getvalue()


def _places(patterns: Patterns, terms: list[int]) -> dict[int, float]:
    """Returns the height of each term; a gap lies between the two directions."""
    return {
        term: row + (0.8 if patterns.odds.log[term] < 0 and patterns.odds.log[terms[0]] > 0 else 0.0)
        for row, term in enumerate(terms)
    }


def _overall(axes: Any, patterns: Patterns, places: dict[int, float], label: str) -> None:
    axes.set_title(f"all patients: odds ratio of {label}", fontsize=9)
    for term, y in places.items():
        colour = _AGAINST if patterns.odds.log[term] < 0 else _WITH
        hollow = bool(patterns.label_word[term])
        axes.plot([patterns.odds.low[term], patterns.odds.high[term]], [y, y], color=colour, linewidth=1.6)
        axes.plot(
            patterns.odds.value[term], y, "o", color=colour, markersize=5, markerfacecolor="white" if hollow else colour
        )
    names = [_name(patterns, term) for term in places]
    axes.set_yticks(list(places.values()), names, fontsize=8)
    for term, text in zip(places, axes.get_yticklabels(), strict=True):
        if patterns.label_word[term]:
            text.set(color=_LABEL_WORD, style="italic")
    axes.invert_yaxis()
    axes.margins(y=0.02)
    axes.grid(visible=False, axis="y")
    if not places:
        axes.text(0.5, 0.5, "no term to show", ha="center", transform=axes.transAxes, color="#777777")
    elif any(patterns.label_word[term] for term in places):
        axes.set_xlabel("odds ratio, 95 % interval\nhollow, italic: label words", fontsize=8)
        return
    axes.set_xlabel("odds ratio, 95 % interval", fontsize=8)


def _by_group(
    axes: Any,
    patterns: Patterns,
    places: dict[int, float],
    feature: str,
    slices: list[SliceOdds],
    colours: list[Any],
) -> None:
    spread = 0.62 / max(len(slices), 2)
    for term in patterns.differs.get(feature, ()):
        if term in places:
            axes.axhspan(places[term] - 0.45, places[term] + 0.45, color=_SHADE, zorder=0, linewidth=0)
    for number, slice_ in enumerate(slices):
        shift = (number - (len(slices) - 1) / 2) * spread
        size = slice_.group.positives + slice_.group.negatives
        axes.plot([], [], "o-", color=colours[number], markersize=4, label=f"{slice_.group.value} (n={size:,})")
        for term, y in places.items():
            if slice_.shown(term):
                low, high = slice_.odds.low[term], slice_.odds.high[term]
                axes.plot([low, high], [y + shift] * 2, color=colours[number], linewidth=1.1)
                axes.plot(slice_.odds.value[term], y + shift, "o", color=colours[number], markersize=3)
    axes.set_title(feature.replace("_", " "), fontsize=9)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("odds ratio; shaded: differs between groups", fontsize=8)
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=2 if len(slices) > 1 else 1, fontsize=7, frameon=False,
        handlelength=1.2, columnspacing=1.0,
    )  # fmt: skip


def _scale(panels: Any, patterns: Patterns, terms: list[int]) -> None:
    """The same logarithmic axis everywhere, as wide as the terms ask for that are no label words."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    wide = [term for term in terms if not patterns.label_word[term]] or terms
    in_groups = [float(s.odds.value[term]) for s in patterns.slices for term in wide if s.shown(term)]
    low = min([0.5, *in_groups, *(float(patterns.odds.low[term]) for term in wide)]) / 1.6
    high = max([2.0, *in_groups, *(float(patterns.odds.high[term]) for term in wide)]) * 1.6
    ticks = [t for t in (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if low <= t <= high]
    for axes in panels:
        axes.set_xscale("log")
        axes.set_xlim(max(low, 1 / WIDEST), min(high, WIDEST))
        axes.xaxis.set_major_locator(FixedLocator(ticks[:: max(1, len(ticks) // 5)] if len(ticks) > 8 else ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axes.tick_params(axis="x", labelsize=8)
        axes.axvline(1, color="#555555", linewidth=0.9, linestyle="--", zorder=1)


def _arrows(axes: Any, patterns: Patterns, places: dict[int, float]) -> None:
    low, high = axes.get_xlim()
    for term, y in places.items():
        value = float(patterns.odds.value[term])
        if not low < value < high:
            end, sign, side = (high, ">", "right") if value >= high else (low, "<", "left")
            colour = _WITH if value >= high else _AGAINST
            axes.plot(end, y, marker=sign, color=colour, markersize=7, clip_on=False)
            text = f"{value:,.0f}" if value > 10 else f"{value:.2g}"
            place = {"xytext": (-2 if side == "right" else 2, 9), "textcoords": "offset points"}
            axes.annotate(text, (end, y), **place, ha=side, va="center", fontsize=7, color=colour)


def _name(patterns: Patterns, term: int) -> str:
    name = patterns.names[term]
    name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
    return f"{name}  (n={int(patterns.counts.counts[term].sum()):,})"
