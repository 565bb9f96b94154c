"""Fault: moto runs a function that a message is for in a container.

Evidence: Subscribe a function to a topic, then Publish: the function's log group
gets "error running docker" at a time that is no whole number, which the SDK for
Go cannot read, and some answers are a 500. With a Docker the
function would run twice.

The remedy leaves functions out: the proxy sees the message, too, and brings it
to the functions that subscribed, as processes.

It can go when moto can be told to leave functions to others.
"""

from moto.awslambda.models import LambdaBackend


def apply():
    def send_sns_message(self, function_name, message, subject=None, qualifier=None):
        pass

    LambdaBackend.send_sns_message = send_sns_message
