"""How callers rated us today, by question, queue and agent. Pure; docs/metrics.md defines the terms."""

from __future__ import annotations

from collections import Counter
from typing import Any

MOST_QUESTIONS = 200  # names of questions come from flows; more are not counted


class Ratings:
    """Answers to the questions of surveys, since they were last cleared."""

    def __init__(self) -> None:
        self._answers: dict[str, Counter[tuple[float, str, str]]] = {}  # by question: (score, queue, agent)
        self._labels: dict[str, dict[str, str]] = {}  # by question

    def clear(self) -> None:
        self._answers.clear()
        self._labels.clear()

    def add(self, question: str, score: float, queue: str, agent: str, label: dict[str, str]) -> None:
        """One answer. `queue` and `agent` are whom it is about, '' where there was none. `label` is what the
        flow calls the question, if it does."""
        if question and (question in self._answers or len(self._answers) < MOST_QUESTIONS):
            self._answers.setdefault(question, Counter())[score, queue, agent] += 1
            if label:
                self._labels[question] = label

    def view(self) -> list[dict[str, Any]]:
        """`[{question, label, answers, mean, scores: [{score, answers}], queues: [{id, answers, mean}],
        agents}]`, questions in the order in which they were first answered."""
        return [
            {
                "question": question,
                "label": self._labels.get(question, {}),
                **_mean(answers),
                "scores": [{"score": score, "answers": n} for score, n in sorted(_by(answers, 0).items())],
                "queues": _each(answers, 1),
                "agents": _each(answers, 2),
            }
            for question, answers in self._answers.items()
        ]


def _mean(answers: Counter[tuple[float, str, str]]) -> dict[str, Any]:
    total = answers.total()
    return {"answers": total, "mean": round(sum(key[0] * n for key, n in answers.items()) / total, 2)}


def _by(answers: Counter[tuple[float, str, str]], part: int) -> Counter[Any]:
    counted: Counter[Any] = Counter()
    for key, n in answers.items():
        counted[key[part]] += n
    return counted


def _each(answers: Counter[tuple[float, str, str]], part: int) -> list[dict[str, Any]]:
    """The same for each queue or agent there was, by id."""
    return [
        {"id": one, **_mean(Counter({key: n for key, n in answers.items() if key[part] == one}))}
        for one in sorted(one for one in _by(answers, part) if one)
    ]
