"""Why a received file has no score: a closed list, each with its state and whether another run may mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.endings import TOLD
from pipeline.types import Reason

State = Literal["scored", "excluded", "failed", "pending"]
STATES: tuple[State, ...] = ("scored", "excluded", "failed", "pending")
MISSING = "missing"
"""Apart from the states: nothing was received."""


@dataclass(frozen=True, slots=True)
class Why:
    """One reason. ``heals``: the same content may do better in a later run."""

    state: State
    zh: str
    en: str
    heals: bool = False

    def reason(self, code: str) -> Reason:
        """As results and the ledger show it."""
        return Reason(code, self.zh, self.en)


REASONS: dict[str, Why] = {
    "queued": Why("pending", "等待处理", "waits for its turn", heals=True),
    "being_written": Why("pending", "文件仍在写入，下次再处理", "is still being written; left for later", heals=True),
    "duplicate": Why("excluded", "与另一份录音内容相同", "has the same content as another recording"),
    "replaced": Why("excluded", "已被同名的新录音替换", "was replaced by a newer recording of the same name"),
    "withdrawn": Why("excluded", "录音在处理前已被移走", "was taken away before it was whole"),
    "opened": Why("excluded", "文件夹现已可读取或已移走", "was a folder that couldn't be read, and now can be or is gone"),
    "too_short": Why("excluded", "录音过短", "is too short to be a call"),
    "unsupported_language": Why("excluded", "既非普通话也非英语", "is in neither Mandarin nor English"),
    "held": Why("excluded", "名单中标明暂不处理", "is held back by the call list", heals=True),
    "contested": Why("excluded", "名单中归属不同坐席，待人工核实", "is claimed by rows of different agents", heals=True),
    **{code: Why("excluded", *told) for code, told in TOLD.items()},
    "forgotten": Why("excluded", "客户要求删除其资料", "belongs to somebody who asked to be forgotten"),
    "empty": Why("failed", "文件为空", "is empty"),
    "truncated": Why("failed", "录音不完整", "is cut off"),
    "not_audio": Why("failed", "不是可识别的录音", "is no recording that can be read"),
    "too_many_channels": Why("failed", "声道多于两个", "has more than two channels"),
    "too_long": Why("failed", "录音过长", "is longer than accepted"),
    "unreadable": Why("failed", "文件无法读取", "can't be read", heals=True),
    "vanished": Why("failed", "文件在处理前消失", "was gone before its turn", heals=True),
    "transcript": Why("failed", "随附文字稿无法使用", "has a transcript beside it that can't be used", heals=True),
    "damaged": Why("failed", "录音数据已损坏", "is damaged"),
    "crashed": Why("failed", "处理该录音的进程异常退出", "made the process that worked on it end abruptly", heals=True),
    "timeout": Why("failed", "处理超时", "took longer than the time limit", heals=True),
    "model": Why("failed", "模型缺失或损坏", "could not be read for want of a model", heals=True),
    "no_space": Why("failed", "磁盘空间不足", "found the disk full", heals=True),
    "io": Why("failed", "读写出错", "met an error of reading or writing", heals=True),
    "missing": Why("failed", "名单中有此通话，但没有录音", "is on the call list, but there is no such recording", heals=True),
    "internal": Why("failed", "程序内部错误", "met an error in the program", heals=True),
}  # fmt: skip
"""Reason codes of the ledger. Nothing else is ever written there."""

MOST_ATTEMPTS = 3
"""Runs that try a recording whose failure may heal; after that a person must look (`nightly --retry-failed`)."""

_FROM_ERRORS = {
    "missing": "vanished", "extra_missing": "model", "unsupported_language": "unsupported_language", "config": "internal",
    "error": "internal", "store": "io",
}  # fmt: skip


def code_of(raised: str) -> str:
    """The ledger's code for the code of an error."""
    code = _FROM_ERRORS.get(raised, raised)
    return code if code in REASONS else "internal"


def reason_of(code: str | None) -> Reason | None:
    """A code with its sentences; an unknown one, of a newer program, stands for itself."""
    if code is None:
        return None
    why = REASONS.get(code)
    return why.reason(code) if why else Reason(code, code, code)
