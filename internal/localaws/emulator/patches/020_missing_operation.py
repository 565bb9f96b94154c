"""Fault: an operation that moto lacks answers 500, as if it might work later.

Evidence: call_action raises NotImplementedError, the development server turns
it into an HTML page with status 500, and the provider tries 25 times.

The remedy is status 501, which no SDK retries, with the exception's text; the
proxy in front gives it the shape of an AWS error. Other exceptions still
answer 500, with the traceback in the log.

It can go when moto answers such operations with an AWS error.
"""

from moto.core import utils
from moto.moto_server import werkzeug_app


def apply():
    convert = utils.convert_to_flask_response

    class Convert(convert):
        def __call__(self, args=None, **kwargs):
            from flask import Response

            try:
                return super().__call__(args, **kwargs)
            except NotImplementedError as missing:
                return Response(str(missing), status=501, mimetype="text/plain")

    # werkzeug_app imported the name, so it is replaced there.
    werkzeug_app.convert_to_flask_response = Convert
