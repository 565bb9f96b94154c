"""Fault: rules of EventBridge never call functions.

Evidence: PutEvents that meets a rule with a Lambda target ends with status 501,
and targets and rules after it get nothing. A disabled rule sends, and so does
one that has a schedule and no pattern, for every event there is. Input and
InputPath of a target change nothing, and a string that fills a placeholder
without quotes gets none, as it does on AWS.

The remedy: functions are invoked asynchronously through the proxy, as AWS does
it; what cannot be handed over is tried again and then goes to the target's
dead-letter queue. Other targets go moto's way.

It can go when moto invokes functions for rules.
"""

import concurrent.futures
import copy
import datetime
import json
import logging
import re
import time

from moto.events.models import Rule
from moto.stepfunctions.parser.asl.utils import boto_client

ATTEMPTS = 3
PAUSE = 0.2  # seconds, doubled each time
POOL = concurrent.futures.ThreadPoolExecutor(16, "events")
PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")


def whole(event):
    """The event as a target gets it."""
    event = {name: value for name, value in event.items() if name != "ingestion-time"}
    if not isinstance(event.get("time"), str):
        moment = datetime.datetime.fromtimestamp(
            float(event.get("time") or time.time()), datetime.timezone.utc
        )
        event["time"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return event


def lookup(event, path):
    from jsonpath_ng.ext import parse

    # Names such as detail-type need quotes.
    quoted = "$" + "".join(
        part if part.startswith("[") else f"['{part[1:]}']"
        for part in re.findall(r"\.[^.\[]+|\[[^\]]*\]", path)
    )
    found = parse(quoted).find(event)
    return found[0].value if found else None


def fill(template, values):
    """Puts values into a template: strings with quotes, unless the template has them."""
    result, quoted, position = [], False, 0
    while position < len(template):
        match = PLACEHOLDER.match(template, position)
        if match:
            value = values.get(match[1])
            if value is None:
                text = ""
            elif isinstance(value, str):
                text = json.dumps(value, ensure_ascii=False)
                text = text[1:-1] if quoted or not structured(template) else text
            else:
                text = json.dumps(value, ensure_ascii=False)
                text = json.dumps(text)[1:-1] if quoted else text
            result.append(text)
            position = match.end()
            continue
        if template[position] == "\\" and position + 1 < len(template):
            result.append(template[position : position + 2])
            position += 2
            continue
        if template[position] == '"':
            quoted = not quoted
        result.append(template[position])
        position += 1
    return "".join(result)


def structured(template):
    return template.lstrip()[:1] in ("{", "[", "<", '"')


def payload(target, event):
    event = whole(event)
    if "Input" in target:
        return target["Input"]
    if "InputPath" in target:
        return json.dumps(lookup(event, target["InputPath"]), ensure_ascii=False)
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        values = {
            name: lookup(event, path)
            for name, path in (transformer.get("InputPathsMap") or {}).items()
        }
        values["aws.events.event"] = event
        values["aws.events.event.json"] = event
        values["aws.events.event.ingestion-time"] = event["time"]
        return fill(transformer["InputTemplate"], values)
    return json.dumps(event, ensure_ascii=False)


def deliver(rule, target, event):
    region = target["Arn"].split(":")[3]
    functions = boto_client.boto_client_for(region, "lambda")
    for attempt in range(ATTEMPTS):
        try:
            functions.invoke(
                FunctionName=target["Arn"],
                InvocationType="Event",
                Payload=payload(target, event).encode(),
            )
            return
        except Exception as failure:
            fault = failure
        answer = getattr(fault, "response", None) or {}
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if 400 <= status < 500 and status != 429:
            break
        time.sleep(PAUSE * 2**attempt)
    logging.getLogger(__name__).warning(
        "rule %s cannot invoke %s: %s", rule.name, target["Arn"], fault
    )
    bury(rule, target, event, fault)


def bury(rule, target, event, fault):
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    region, account, name = queue.split(":")[3:6]
    queues = boto_client.boto_client_for(region, "sqs")
    attributes = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_MESSAGE": str(fault),
    }
    queues.send_message(
        QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"],
        MessageBody=json.dumps(whole(event), ensure_ascii=False),
        MessageAttributes={
            key: {"DataType": "String", "StringValue": value}
            for key, value in attributes.items()
        },
    )


def apply():
    send = Rule.send_to_targets

    def send_to_targets(self, original_event, *arguments, **settings):
        if not self.state.startswith("ENABLED"):
            return
        if self.scheduled_expression and not self.event_pattern.get_pattern():
            return
        if not self.event_pattern.matches_event(original_event):
            return
        others = copy.copy(self)
        others.targets = []
        for target in self.targets:
            if target["Arn"].split(":")[2] == "lambda":
                POOL.submit(deliver, self, target, copy.deepcopy(original_event))
            else:
                others.targets.append(target)
        send(others, original_event, *arguments, **settings)

    Rule.send_to_targets = send_to_targets
