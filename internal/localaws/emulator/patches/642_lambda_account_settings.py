"""Fault: the account's settings are missing.

Evidence: GetAccountSettings answers 404 without a body (moto has no such path), so
nobody can ask how many executions the account may run at a time.

This tells the quotas of a new account, and counts what there is.

It can go when moto has the operation.
"""

import json

from moto.awslambda import urls
from moto.awslambda.responses import LambdaResponse

PATH = r"{0}/(?P<api_version>[^/]+)/account-settings/?$"

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
EXECUTIONS = 1000
ALL_CODE = 75 * 2**30
UNZIPPED = 250 * 2**20
ZIPPED = 50 * 2**20


def apply():
    def get_account_settings(self):
        functions = list(self.backend.list_functions())
        reserved = sum(f.reserved_concurrency or 0 for f in functions)
        answer = {
            "AccountLimit": {
                "CodeSizeUnzipped": UNZIPPED,
                "CodeSizeZipped": ZIPPED,
                "ConcurrentExecutions": EXECUTIONS,
                "TotalCodeSize": ALL_CODE,
                "UnreservedConcurrentExecutions": EXECUTIONS - reserved,
            },
            "AccountUsage": {
                "FunctionCount": len(functions),
                "TotalCodeSize": sum(f.code_size for f in functions),
            },
        }
        return json.dumps(answer)

    LambdaResponse.get_account_settings = get_account_settings
    urls.url_paths[PATH] = LambdaResponse.dispatch
