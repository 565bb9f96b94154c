"""Fault: an alias keeps its revision when it is changed, and heeds none.

Evidence: UpdateAlias with the RevisionId of before another change answers 201: of
two that move an alias at once, one loses its change unseen, and nobody can tell by
the RevisionId that the alias leads elsewhere. AWS answers PreconditionFailedException
and gives each change a RevisionId of its own.

It can go when UpdateAlias answers PreconditionFailedException to an old RevisionId.
"""

import json
from urllib.parse import unquote
from uuid import uuid4

from moto.awslambda.exceptions import PreconditionFailedException
from moto.awslambda.models import LambdaAlias
from moto.awslambda.responses import LambdaResponse


def apply():
    change = LambdaAlias.update
    answer = LambdaResponse.update_alias

    def update(self, *arguments, **settings):
        change(self, *arguments, **settings)
        self.revision_id = str(uuid4())

    def update_alias(self):
        expected = json.loads(self.body).get("RevisionId")
        function, alias = (unquote(self.path.split("/")[i]) for i in (-3, -1))
        if (
            expected
            and expected != self.backend.get_alias(alias, function).revision_id
        ):
            raise PreconditionFailedException(
                "The RevisionId provided does not match the latest RevisionId. Call"
                " the GetFunction/GetAlias API to retrieve the latest RevisionId"
            )
        return answer(self)

    LambdaAlias.update = update
    LambdaResponse.update_alias = update_alias
