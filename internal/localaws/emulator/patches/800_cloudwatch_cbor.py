"""Fault: moto's CloudWatch does not speak the protocol that the SDK for Go does.

Evidence: the SDK sends CBOR to /service/GraniteServiceVersion20100801/operation/
DescribeAlarms (Smithy's RPC v2) and moto, which has the one path /, answers
404. Terraform's provider has an older SDK and sends forms.

The remedy translates: the request to JSON, which moto understands, and the
answer back.

It can go when moto takes Smithy-Protocol: rpc-v2-cbor for CloudWatch.
"""

import datetime
import io
import json
import re

from moto.moto_server import werkzeug_app

PATH = re.compile(r"^/service/(?P<target>[^/]+)/operation/(?P<operation>[^/]+)$")


class Translated:
    """A WSGI application in front of one that knows JSON only."""

    def __init__(self, application):
        import botocore.loaders
        import botocore.model

        self._application = application
        self._model = botocore.model.ServiceModel(
            botocore.loaders.Loader().load_service_model("cloudwatch", "service-2"),
            "cloudwatch",
        )

    def __call__(self, environ, start_response):
        asked = PATH.match(environ.get("PATH_INFO", ""))
        if not asked or environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor":
            return self._application(environ, start_response)

        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.dumps(
            decode(environ["wsgi.input"].read(length)), default=epoch_seconds
        ).encode()
        answered = {}

        def begin(status, headers, exc_info=None):
            answered.update(status=status, headers=headers)

        content = b"".join(
            self._application(
                {
                    **environ,
                    "CONTENT_LENGTH": str(len(body)),
                    "CONTENT_TYPE": "application/x-amz-json-1.0",
                    "HTTP_X_AMZ_TARGET": f"{asked['target']}.{asked['operation']}",
                    "PATH_INFO": "/",
                    "RAW_URI": "/",
                    "REQUEST_URI": "/",
                    "wsgi.input": io.BytesIO(body),
                },
                begin,
            )
        )
        try:
            answer = json.loads(content or b"{}")
        except ValueError:  # no answer of moto's CloudWatch
            start_response(answered["status"], answered["headers"])
            return [content]
        if answered["status"].startswith("200"):
            shape = self._model.operation_model(asked["operation"]).output_shape
            encoded = encode(answer, shape)
        else:
            encoded = encode_error(answer)
        start_response(
            answered["status"],
            [
                ("Content-Type", "application/cbor"),
                ("Content-Length", str(len(encoded))),
                ("Smithy-Protocol", "rpc-v2-cbor"),
            ],
        )
        return [encoded]


def decode(body):
    from botocore.parsers import RpcV2CBORParser

    if not body:
        return {}
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))


def epoch_seconds(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    raise TypeError(f"{type(value)} has no place in a request to CloudWatch")


def encode(answer, shape):
    from botocore.serialize import RpcV2CBORSerializer

    encoded = bytearray()
    if shape is None:
        return b"\xa0"  # an empty map
    RpcV2CBORSerializer()._serialize_data_item(encoded, known(answer, shape), shape)
    return bytes(encoded)


def known(value, shape):
    """The value without what its shape does not have."""
    if shape.type_name == "structure":
        return {
            name: known(member, shape.members[name])
            for name, member in value.items()
            if name in shape.members and member is not None
        }
    if shape.type_name == "list":
        return [known(member, shape.member) for member in value]
    return value


def encode_error(answer):
    from botocore.serialize import RpcV2CBORSerializer

    kind = str(answer.get("__type") or answer.get("Code") or "UnknownError")
    message = str(answer.get("message") or answer.get("Message") or "")
    encoded = bytearray(b"\xa2")  # a map of two
    for text in ("__type", kind, "message", message):
        RpcV2CBORSerializer()._serialize_type_string(encoded, text, None, None)
    return bytes(encoded)


def apply():
    create = werkzeug_app.create_backend_app

    def create_translated(service):
        application = create(service)
        return Translated(application) if service == "cloudwatch" else application

    werkzeug_app.create_backend_app = create_translated
