"""Whether the speakers of a delivered transcript hold: against the channels' speech, the call list, and what they say.

Each turn names its speaker, so a side's turns must lie where one channel speaks and the other doesn't. Of wrong labels and
of another call's words that shows first. Where the labels don't hold, nobody is called agent, and why is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.intervals import Span, Timeline
from pipeline.speech.roles import decide
from pipeline.types import CallRecord, Layout, Reason, Speaker, Transcript

LEAST_FIT = 0.75
"""Share of the speech under delivered turns that lies on the speaker's own channel. True times of sample calls: 1.0, and 0.85
and more when off by up to 1.8 s; of 172 transcripts of other sample calls 23 come so far."""
_LEAST_S = 5.0
_SURE = 0.95
"""Confidence of the roles by content that outweighs labels: no right label of 642 labelled calls is contradicted so surely."""
_NOTHING_KNOWN = 0.5

NO_CHANNEL = Reason(
    "sides_unsure",
    "随附文字稿的说话人与录音的两个声道都对不上，无法确定哪一方是坐席",
    "the delivered turns fit neither channel of the recording; it is not sure which side is the agent",
)
NOT_AS_LISTED = Reason(
    "sides_unsure",
    "随附文字稿的说话人与通话清单给出的坐席声道相反，无法确定哪一方是坐席",
    "the delivered speakers lie on the other channels than the call list says; it is not sure which side is the agent",
)
SWAPPED = Reason(
    "sides_unsure",
    "随附文字稿的说话人与所说内容相反（坐席与客户可能标反），无法确定哪一方是坐席",
    "what is said contradicts the delivered speakers (agent and customer may be swapped); it is not sure which side is the agent",
)


@dataclass(frozen=True, slots=True)
class Fit:
    """Seconds of one channel's speech alone under delivered turns: with the agent on the first channel, and on the second."""

    straight_s: float
    crossed_s: float

    @property
    def enough(self) -> bool:
        """Whether there is so much that it tells anything."""
        return self.straight_s + self.crossed_s >= _LEAST_S

    @property
    def agent_channel(self) -> int | None:
        """The channel on which the agent's turns lie; None where they lie on neither, or that can't be told."""
        most = max(self.straight_s, self.crossed_s)
        if not self.enough or most < LEAST_FIT * (self.straight_s + self.crossed_s):
            return None
        return 0 if self.straight_s > self.crossed_s else 1


def fit_of(transcript: Transcript, activity: Sequence[Timeline]) -> Fit | None:
    """How delivered turns lie on two channels' speech; None of one channel. What both say at once tells nothing."""
    if len(activity) != 2:
        return None
    agent, customer = _spoken(transcript, "agent"), _spoken(transcript, "customer")
    agent, customer = agent - customer, customer - agent
    first, second = activity[0] - activity[1], activity[1] - activity[0]
    return Fit(
        (agent & first).duration_s + (customer & second).duration_s,
        (agent & second).duration_s + (customer & first).duration_s,
    )


def sides_of(
    transcript: Transcript, activity: Sequence[Timeline], *, record: CallRecord, layout: Layout
) -> dict[int, Speaker] | None:
    """Speaker by channel of a delivered transcript; None where that is unsure or the call has no sides.

    Parameters
    ----------
    activity
        Where each channel speaks.
    record
        The call list's row; its ``agent_channel`` is believed.
    """
    fit = fit_of(transcript, activity) if layout == "two_sides" else None
    if fit is None:
        return None
    agent = record.agent_channel if record.agent_channel is not None else fit.agent_channel
    return None if agent is None else {agent: "agent", 1 - agent: "customer"}


def doubt_of(
    transcript: Transcript,
    activity: Sequence[Timeline] = (),
    *,
    record: CallRecord,
    known_names: Sequence[str] = (),
) -> Reason | None:
    """Why the delivered speakers can't be believed; None where nothing speaks against them.

    Parameters
    ----------
    activity
        Where each channel speaks; nothing where there is no sound.
    known_names
        Company, departments, products and roster: the agent is likelier to say them.
    """
    if not transcript.sides_sure:
        return None
    fit = fit_of(transcript, activity)
    if fit is not None and fit.enough:
        if fit.agent_channel is None:
            return NO_CHANNEL
        if record.agent_channel is not None and record.agent_channel != fit.agent_channel:
            return NOT_AS_LISTED
    agent, customer = (
        [turn for turn in transcript.turns if turn.speaker == side] for side in ("agent", "customer")
    )
    if not agent or not customer:
        return None
    told = decide([agent, customer], language=transcript.language, known_names=known_names)
    return SWAPPED if told.agent_channel == 1 and told.confidence >= _SURE else None


def without_sides(transcript: Transcript, why: Reason | None = None) -> Transcript:
    """The same words, of which nobody knows who says them; why is told where nothing else tells it."""
    turns = tuple(replace(turn, speaker="unknown") for turn in transcript.turns)
    unheard = tuple(replace(one, speaker="unknown") for one in transcript.unheard)
    return replace(transcript, turns=turns, unheard=unheard, role_confidence=_NOTHING_KNOWN, unsure=why)


def _spoken(transcript: Transcript, speaker: Speaker) -> Timeline:
    return Timeline(
        Span(turn.start_s, turn.end_s)
        for turn in transcript.turns
        if turn.speaker == speaker and turn.start_s is not None and turn.end_s is not None
    )
