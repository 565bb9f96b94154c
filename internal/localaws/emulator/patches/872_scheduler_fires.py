"""Fault: a schedule of EventBridge Scheduler never calls anything.

Evidence: one for at(a second from now) stays ENABLED, and its target, a
function, is not invoked.

The remedy looks each second which schedules are due and invokes their functions
asynchronously, through the proxy; what cannot be handed over goes to the
target's dead-letter queue. Other targets are not called.

It can go when moto calls the targets of schedules.
"""

import logging
import sys
import threading
import time

import schedule
from moto.scheduler.models import scheduler_backends

SECOND = 1
# After a pause of the whole machine what was due longer ago is left out. Seconds.
LATEST = 120


class Source:
    """What a schedule is to who delivers for rules."""

    def __init__(self, described):
        self.name, self.arn = described.name, described.arn


def fire(described, deliver):
    target = dict(described.target)
    if target["Arn"].split(":")[2] != "lambda":
        logging.getLogger(__name__).warning(
            "schedule %s: %s is no function", described.name, target["Arn"]
        )
        return
    target.setdefault("Input", "{}")
    deliver(Source(described), target, {"time": time.time(), "detail": {}})


def look(last, now, deliver):
    for regions in list(scheduler_backends.values()):
        for backend in list(regions.values()):
            for group in list(backend.schedule_groups.values()):
                for described in list(group.schedules.values()):
                    if described.state != "ENABLED":
                        continue
                    try:
                        if schedule.due(
                            described.schedule_expression,
                            described.schedule_expression_timezone,
                            described.creation_date,
                            max(last, described.creation_date - SECOND),
                            now,
                        ):
                            fire(described, deliver)
                    except Exception as fault:
                        logging.getLogger(__name__).warning(
                            "schedule %s: %s", described.name, fault
                        )


def apply():
    rules = sys.modules.get("patch_870_events_lambda_targets")
    if rules is None:
        return

    def deliver(*arguments):
        rules.POOL.submit(rules.deliver, *arguments)

    def run():
        last = time.time()
        while True:
            time.sleep(SECOND)
            now = time.time()
            look(max(last, now - LATEST), now, deliver)
            last = now

    threading.Thread(target=run, name="scheduler", daemon=True).start()
