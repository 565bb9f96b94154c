"""Fault: moto serves on threads but guards none of its dictionaries.

Evidence: modify_db_cluster takes the cluster out of its dictionary and puts
it back at the end; put_object compares the ETag and writes afterwards.
Concurrent requests get "not found", "dictionary changed size during
iteration" as a 500, and two winners of one conditional put.

The remedy is one request at a time per service. Services whose handlers call
out over HTTP stay free: the one they call may come back to them.

It can go when moto locks its backends.
"""

import io
import threading

from moto.moto_server import werkzeug_app

# Handlers that wait for another server: SNS and EventBridge targets, Lambda,
# Step Functions, API Gateway integrations, custom resources, Firehose sinks.
FREE = {
    "apigateway",
    "cloudformation",
    "events",
    "firehose",
    "lambda",
    "moto_api",
    "scheduler",
    "sns",
    "stepfunctions",
}

# Bodies up to this size are read before the lock is taken, so that a slow
# sender holds up nobody else. Bytes.
READ_AHEAD = 64 << 20


class Exclusive:
    """A WSGI application that handles one request at a time."""

    def __init__(self, application):
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ, start_response):
        read_ahead(environ)
        with self._lock:
            return self._application(environ, start_response)


def read_ahead(environ):
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return
    if 0 < length <= READ_AHEAD:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))


def apply():
    create = werkzeug_app.create_backend_app

    def create_exclusive(service):
        application = create(service)
        return application if service in FREE else Exclusive(application)

    # server.py has its own reference to the function, hence the constructor.
    construct = werkzeug_app.DomainDispatcherApplication.__init__

    def __init__(self, create_app):
        construct(self, create_exclusive if create_app is create else create_app)

    werkzeug_app.DomainDispatcherApplication.__init__ = __init__
