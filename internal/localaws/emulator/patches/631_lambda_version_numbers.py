"""Fault: the number of a deleted version is given again.

Evidence: PublishVersion three times with a change before each gives 1, 2 and 3;
DeleteFunction of version 1, a change and PublishVersion give 3 once more (moto
numbers by how many versions are left). Two versions then have one ARN, and an
alias on 3 calls the older code. On AWS numbers only rise.

It can go when a number is never given twice.
"""

from moto.awslambda.models import LambdaStorage


def apply():
    publish = LambdaStorage.publish_version

    def publish_version(self, name_or_arn, description=""):
        latest = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
        before = list(self._functions[latest.function_name]["versions"])
        published = publish(self, name_or_arn, description)
        if published is None or published in before:
            return published
        highest = getattr(latest, "highest_version", 0) + 1
        if published.version != highest:
            # Only the number is wrong; an older version may share the ARN.
            published.set_version(highest)
            self._arns[published.function_arn] = published
            for version in before:
                self._arns[version.function_arn] = version
        latest.highest_version = highest
        return published

    LambdaStorage.publish_version = publish_version
