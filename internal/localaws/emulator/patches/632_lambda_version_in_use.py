"""Fault: a version that an alias points to can be deleted.

Evidence: PublishVersion, CreateAlias on it, DeleteFunction with that version as
qualifier: AWS answers ResourceConflictException, moto deletes it, and what is
called through the alias is gone. The same for a version that an alias gives a
share of the calls.

It can go when such a deletion is refused.
"""

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaStorage


class VersionInUse(LambdaClientError):
    code = 409

    def __init__(self, arn, version, aliases):
        super().__init__(
            "ResourceConflictException",
            f"Version {version} of {arn} is referenced by: {', '.join(aliases)}",
        )


def apply():
    delete = LambdaStorage.del_function

    def del_function(self, name_or_arn, qualifier=None):
        _, name, of_name = self.split_function_arn(name_or_arn)
        version = of_name or qualifier
        if version and version != "$LATEST" and name in self._functions:
            using = [
                alias.name
                for alias in self.list_aliases(name)
                if version == alias.function_version
                or version
                in (alias.routing_config or {}).get("AdditionalVersionWeights", {})
            ]
            if using:
                raise VersionInUse(name, version, using)
        return delete(self, name_or_arn, qualifier)

    LambdaStorage.del_function = del_function
