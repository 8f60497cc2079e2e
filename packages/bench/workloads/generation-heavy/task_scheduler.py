# Plan tasks with dependencies on a few workers, and find what the end date hangs on
from __future__ import annotations

import heapq
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    name: str
    days: int
    needs: tuple[str, ...] = ()


TASKS = [
    Task("survey", 3),
    Task("permit", 10, ("survey",)),
    Task("plans", 7, ("survey",)),
    Task("offers", 5, ("plans",)),
    Task("contract", 2, ("offers", "permit")),
    Task("excavation", 6, ("contract",)),
    Task("foundation", 8, ("excavation",)),
    Task("walls", 12, ("foundation",)),
    Task("roof", 7, ("walls",)),
    Task("windows", 4, ("walls",)),
    Task("wiring", 6, ("roof", "windows")),
    Task("plumbing", 5, ("roof",)),
    Task("heating", 5, ("plumbing",)),
    Task("plaster", 9, ("wiring", "heating")),
    Task("floors", 6, ("plaster",)),
    Task("painting", 5, ("plaster",)),
    Task("kitchen", 3, ("floors", "painting")),
    Task("garden", 8, ("roof",)),
    Task("handover", 1, ("kitchen", "garden")),
]

by_name = {task.name: task for task in TASKS}
print(f"{len(TASKS)} tasks, {sum(task.days for task in TASKS)} days of work")


def in_order(tasks: dict[str, Task]) -> list[Task]:
    """Each task after all that it needs. Raises ValueError if two wait for each other."""
    done: list[Task] = []
    state: dict[str, str] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if state.get(name) == "done":
            return
        if state.get(name) == "open":
            raise ValueError("these wait for each other: " + " > ".join((*path, name)))
        state[name] = "open"
        for other in tasks[name].needs:
            visit(other, (*path, name))
        state[name] = "done"
        done.append(tasks[name])

    for name in tasks:
        visit(name, ())
    return done


order = in_order(by_name)
print("order:", " > ".join(task.name for task in order[:6]), "> …")

# With as many workers as one likes: the critical path
earliest: dict[str, int] = {}
for task in order:
    earliest[task.name] = max((earliest[n] + by_name[n].days for n in task.needs), default=0)
length = max(earliest[task.name] + task.days for task in TASKS)
print("shortest possible time:", length, "days")

latest: dict[str, int] = {}
for task in reversed(order):
    followers = [other for other in TASKS if task.name in other.needs]
    end = min((latest[f.name] for f in followers), default=length)
    latest[task.name] = end - task.days
slack = {name: latest[name] - earliest[name] for name in by_name}
critical = [task.name for task in order if slack[task.name] == 0]
print("critical:", ", ".join(critical))
print("most slack:", max(slack, key=slack.get), max(slack.values()), "days")


def schedule(tasks: list[Task], workers: int) -> list[tuple[int, int, str]]:
    """Greedy list scheduling: whoever is free takes the task with the least slack that can begin."""
    finished: dict[str, int] = {}
    running: list[tuple[int, str]] = []
    waiting = sorted(tasks, key=lambda task: (slack[task.name], task.name))
    plan: list[tuple[int, int, str]] = []
    now = 0
    while waiting or running:
        ready = [task for task in waiting if all(finished.get(n, now + 1) <= now for n in task.needs)]
        while ready and len(running) < workers:
            task = ready.pop(0)
            waiting.remove(task)
            heapq.heappush(running, (now + task.days, task.name))
            plan.append((now, now + task.days, task.name))
        now, name = heapq.heappop(running)
        finished[name] = now
    return plan


for workers in (1, 2, 3):
    plan = schedule(TASKS, workers)
    end = max(finish for _, finish, _ in plan)
    print(f"{workers} worker(s): {end} days, busy {100 * sum(t.days for t in TASKS) / (end * workers):.0f} %")

# A picture of the plan for two
plan = schedule(TASKS, 2)
for start, finish, name in plan:
    print(f"{name:<12}{' ' * (start // 2)}{'█' * max(1, (finish - start) // 2)}")

delayed = {**by_name, "permit": Task("permit", 25, ("survey",))}
print("permit takes 25 days:", "critical" if slack["permit"] < 15 else "no harm done")
