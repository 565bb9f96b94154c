"""Fault: CloudTrail's insight selectors can only grow.

Evidence: PutInsightSelectors appends to what a trail has. Taking a kind of
insight out of aws_cloudtrail is answered with 200, and each plan afterwards
wants to take it out again. AWS sets what it is given.

It can go when moto replaces the selectors.
"""

from moto.cloudtrail.models import Trail


def apply():
    def put_insight_selectors(self, insight_selectors):
        self.insight_selectors = list(insight_selectors)

    Trail.put_insight_selectors = put_insight_selectors
