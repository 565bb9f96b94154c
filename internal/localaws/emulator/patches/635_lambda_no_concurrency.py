"""Fault: a reserved concurrency of 0 is the same as none.

Evidence: after PutFunctionConcurrency with 0, which stops a function, GetFunction
has no Concurrency; AWS answers ReservedConcurrentExecutions 0, and the proxy
goes by that.

It can go when GetFunction answers 0.
"""

from moto.awslambda.models import LambdaFunction


def apply():
    get_code = LambdaFunction.get_code

    def get_code_with_concurrency(self):
        answer = get_code(self)
        if self.reserved_concurrency is not None:
            answer["Concurrency"] = {
                "ReservedConcurrentExecutions": self.reserved_concurrency
            }
        return answer

    LambdaFunction.get_code = get_code_with_concurrency
