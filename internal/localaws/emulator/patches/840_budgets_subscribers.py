"""Fault: a budget's tags, subscribers and changes are out of reach.

Evidence: ListTagsForResource, DescribeSubscribersForNotification and
UpdateBudget answer 501, so that reading an aws_budgets_budget back fails, and
so does changing its limit.

The remedy stores the tags and gives back what CreateBudget was given.

It can go when moto has these operations, TagResource and UntagResource.
"""

import json

from moto.budgets.exceptions import NotFoundException
from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse
from moto.utilities.tagging_service import TaggingService


def tagger(response):
    backend = response.backend
    if not hasattr(backend, "tagger"):
        backend.tagger = TaggingService()
    return backend.tagger


def arn_of(response, name):
    return f"arn:{response.partition}:budgets::{response._get_param('AccountId')}:budget/{name}"


def known(response, name):
    budgets = response.backend.budgets[response._get_param("AccountId")]
    if name not in budgets:
        raise NotFoundException(
            f"Unable to get budget: {name} - the budget doesn't exist."
        )
    return budgets[name]


def describe_subscribers_for_notification(self):
    wanted = key(self._get_param("Notification"))
    for notification in known(self, self._get_param("BudgetName")).notifications:
        if key(notification.details) == wanted:
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("Unable to get subscribers - the notification doesn't exist.")


def key(notification):
    """What tells notifications apart; the state is AWS's and no part of it."""
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


def update_budget(self):
    changed = self._get_param("NewBudget")
    budget = known(self, changed["BudgetName"])
    budget.budget = Budget({**budget.budget, **changed}, []).budget
    return json.dumps({})


def list_tags_for_resource(self):
    tags = tagger(self).list_tags_for_resource(self._get_param("ResourceARN"))
    return json.dumps({"ResourceTags": tags["Tags"]})


def tag_resource(self):
    tagger(self).tag_resource(
        self._get_param("ResourceARN"), self._get_param("ResourceTags")
    )
    return json.dumps({})


def untag_resource(self):
    tagger(self).untag_resource_using_names(
        self._get_param("ResourceARN"), self._get_param("ResourceTagKeys")
    )
    return json.dumps({})


def apply():
    create = BudgetsResponse.create_budget
    delete = BudgetsResponse.delete_budget

    def create_budget(self):
        answer = create(self)
        arn = arn_of(self, self._get_param("Budget")["BudgetName"])
        tagger(self).tag_resource(arn, self._get_param("ResourceTags") or [])
        return answer

    def delete_budget(self):
        answer = delete(self)
        arn = arn_of(self, self._get_param("BudgetName"))
        tagger(self).delete_all_tags_for_resource(arn)
        return answer

    for operation in (
        create_budget,
        delete_budget,
        describe_subscribers_for_notification,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
        update_budget,
    ):
        setattr(BudgetsResponse, operation.__name__, operation)
