"""Fault: moto's Cost Explorer detects no anomalies.

Evidence: CreateAnomalyMonitor and CreateAnomalySubscription answer 501, so
aws_ce_anomaly_monitor and aws_ce_anomaly_subscription cannot be created.

The remedy only stores monitors and subscriptions and gives them back; no cost
is ever found anomalous.

It can go when moto has CreateAnomalyMonitor, CreateAnomalySubscription and
what belongs to them.
"""

import json

from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow
from moto.moto_api._internal import mock_random


def now():
    return iso_8601_datetime_without_milliseconds(utcnow())


def stored(response, kind):
    """What exists of one kind, Monitor or Subscription, by ARN."""
    backend = response.ce_backend
    if not hasattr(backend, "anomaly_settings"):
        backend.anomaly_settings = {"Monitor": {}, "Subscription": {}}
    return backend.anomaly_settings[kind]


def known(response, kind, arn):
    try:
        return stored(response, kind)[arn]
    except KeyError:
        raise JsonRESTError(
            f"Unknown{kind}Exception", f"{kind} {arn} does not exist"
        ) from None


def create(response, kind):
    request = json.loads(response.body)
    content = dict(request[f"Anomaly{kind}"])
    arn = (
        f"arn:{response.partition}:ce::{response.current_account}:"
        f"anomaly{kind.lower()}/{mock_random.uuid4()}"
    )
    content[f"{kind}Arn"] = arn
    if kind == "Monitor":
        content["CreationDate"] = content["LastUpdatedDate"] = now()
        content["DimensionalValueCount"] = 0
    else:
        for monitor in content["MonitorArnList"]:
            known(response, "Monitor", monitor)
        content["AccountId"] = response.current_account
        content["Subscribers"] = confirmed(content["Subscribers"])
    stored(response, kind)[arn] = content
    response.ce_backend.tag_resource(arn, request.get("ResourceTags") or [])
    return json.dumps({f"{kind}Arn": arn})


def confirmed(subscribers):
    return [{**subscriber, "Status": "CONFIRMED"} for subscriber in subscribers]


def get(response, kind):
    arns = json.loads(response.body).get(f"{kind}ArnList")
    if not arns:
        arns = list(stored(response, kind))
    found = [known(response, kind, arn) for arn in arns]
    return json.dumps({f"Anomaly{kind}s": found})


def update(response, kind):
    change = json.loads(response.body)
    content = known(response, kind, change[f"{kind}Arn"])
    if "Subscribers" in change:
        change["Subscribers"] = confirmed(change["Subscribers"])
    if kind == "Monitor":
        change["LastUpdatedDate"] = now()
    content.update(change)
    return json.dumps({f"{kind}Arn": change[f"{kind}Arn"]})


def delete(response, kind):
    arn = json.loads(response.body)[f"{kind}Arn"]
    known(response, kind, arn)
    del stored(response, kind)[arn]
    return json.dumps({})


def apply():
    for verb in (create, get, update, delete):
        for kind in ("Monitor", "Subscription"):
            name = f"{verb.__name__}_anomaly_{kind.lower()}"
            if verb is get:
                name += "s"

            def operation(self, verb=verb, kind=kind):
                return verb(self, kind)

            setattr(CostExplorerResponse, name, operation)
