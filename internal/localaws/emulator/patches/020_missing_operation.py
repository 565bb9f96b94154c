"""Fault: an operation that moto lacks answers 500, as if it might work later.

Evidence: call_action raises NotImplementedError, the development server turns
it into an HTML page with status 500, and the provider tries 25 times. For a
service that moto lacks altogether (access-analyzer), making the application
fails the same way.

The remedy is status 501, which no SDK retries, with the exception's text; the
proxy in front gives it the shape of an AWS error. Other exceptions still
answer 500, with the traceback in the log.

It can go when moto answers such operations with an AWS error.
"""

from moto.core import utils
from moto.moto_server import werkzeug_app


def missing_service(environ, start_response):
    """The WSGI application of all services that moto lacks."""
    start_response("501 Not Implemented", [("Content-Type", "text/plain")])
    return [b"moto has no such service"]


def apply():
    convert = utils.convert_to_flask_response

    class Convert(convert):
        def __call__(self, args=None, **kwargs):
            from flask import Response

            try:
                return super().__call__(args, **kwargs)
            except NotImplementedError as missing:
                return Response(str(missing), status=501, mimetype="text/plain")

    create = werkzeug_app.create_backend_app

    def create_known(service):
        return missing_service if service is None else create(service)

    # werkzeug_app imported the name, so it is replaced there.
    werkzeug_app.convert_to_flask_response = Convert
    werkzeug_app.create_backend_app = create_known
