"""Fault: moto serves on threads but guards none of its dictionaries.

Evidence: modify_db_cluster takes the cluster out of its dictionary and puts
it back at the end; put_object compares the ETag and writes afterwards.
Concurrent requests get "not found", "dictionary changed size during
iteration" as a 500, and two winners of one conditional put.

The remedy is one request at a time. One lock serves all services, for they
reach into each other's backends: RDS writes secrets, tagging lists everything.
moto is bound by Python's own lock anyway. Services whose handlers call out
over HTTP stay free: the one they call may come back here.

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
    """A WSGI application that handles a request only while it holds the lock."""

    def __init__(self, application, lock):
        self._application = application
        self._lock = lock

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
    lock = threading.Lock()

    def create_exclusive(service):
        application = create(service)
        return application if service in FREE else Exclusive(application, lock)

    werkzeug_app.create_backend_app = create_exclusive
