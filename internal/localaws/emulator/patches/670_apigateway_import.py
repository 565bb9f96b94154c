"""Fault: an imported OpenAPI document becomes paths and integrations only, and
a MOCK integration not even that.

Evidence: PutRestApi with a mock integration is a TypeError (uri and httpMethod
are missing, as they have to be). Without one it answers, but the securitySchemes'
authorizers, request validators, models and gateway responses do not exist
afterwards, methods have neither authorization nor operation name nor request
parameters, types stay in lower case (aws_proxy), the root resource gets another
id than GetRestApi tells, and an import over an earlier one in mode merge makes
each path a second time.

AWS makes all of them, and in mode overwrite nothing from before stays. Not made
here: what OpenAPI cannot say or this repository does not use (API keys, AWS_IAM,
documentation parts, binary media types, the policy).

It can go when GetAuthorizers, GetRequestValidators, GetGatewayResponses and
GetMethod answer what the document says.
"""

import json
import re

from moto.apigateway import models
from moto.apigateway.models import APIGatewayBackend

EXTENSION = "x-amazon-apigateway-"
METHODS = ("delete", "get", "head", "options", "patch", "post", "put")
DEFAULT_TIMEOUT_MS = 29000
DEFAULT_AUTHORIZER_TTL_SECONDS = 300


def clear(api):
    """Takes everything but the root resource out of the API."""
    root = api.resources[api.root_resource_id]
    root.resource_methods = {}
    api.resources = {root.id: root}
    for made in ("authorizers", "gateway_responses", "models", "request_validators"):
        setattr(api, made, {})


def resource(backend, api, path):
    """The resource of a path; it and those above it are made where missing."""
    if path in ("", "/"):
        return api.resources[api.root_resource_id]
    if found := api.get_resource_for_path(path):
        return found
    above, _, part = path.rpartition("/")
    return backend.create_resource(
        api.id, parent_resource_id=resource(backend, api, above).id, path_part=part
    )


def authorizers(backend, api, document):
    """Makes the authorizers and gives them by the name of their scheme."""
    found = {}
    schemes = document.get("components", {}).get("securitySchemes", {})
    for name, scheme in schemes.items():
        said = scheme.get(EXTENSION + "authorizer")
        if said is None:
            continue
        kind = said["type"].upper()
        authorizer = backend.create_authorizer(
            api.id,
            name,
            kind,
            provider_arns=said.get("providerARNs"),
            auth_type=scheme.get(EXTENSION + "authtype"),
            authorizer_uri=said.get("authorizerUri"),
            authorizer_credentials=said.get("authorizerCredentials"),
            identity_source=said.get(
                "identitySource", f"method.request.header.{scheme.get('name')}"
            ),
            authorizer_result_ttl=said.get(
                "authorizerResultTtlInSeconds", DEFAULT_AUTHORIZER_TTL_SECONDS
            ),
        )
        authorizer.identity_validation_expression = said.get(
            "identityValidationExpression"
        )
        found[name] = authorizer
    return found


def authorization(known, operation, document):
    """Type, authorizer's id and scopes of an operation."""
    for requirement in operation.get("security", document.get("security", [])):
        for name, scopes in requirement.items():
            if authorizer := known.get(name):
                cognito = authorizer.type == "COGNITO_USER_POOLS"
                return (
                    authorizer.type if cognito else "CUSTOM",
                    authorizer.id,
                    scopes or None,
                )
    return "NONE", None, None


def request_parameters(operation):
    places = {"query": "querystring"}
    return {
        f"method.request.{places.get(said['in'], said['in'])}.{said['name']}": bool(
            said.get("required")
        )
        for said in operation.get("parameters", [])
    } or None


def model_names(content):
    names = {
        kind: said.get("schema", {}).get("$ref", "").rpartition("/")[2]
        for kind, said in (content or {}).items()
    }
    return {kind: name for kind, name in names.items() if name} or None


def method(backend, api, at, name, operation, known, validators, document):
    kind, authorizer_id, scopes = authorization(known, operation, document)
    validator = operation.get(
        EXTENSION + "request-validator", document.get(EXTENSION + "request-validator")
    )
    made = at.add_method(
        name,
        kind,
        False,
        request_parameters=request_parameters(operation),
        request_models=model_names(operation.get("requestBody", {}).get("content")),
        operation_name=operation.get("operationId"),
        authorizer_id=authorizer_id,
        authorization_scopes=scopes,
        request_validator_id=validators[validator].id if validator else None,
    )
    for status, response in operation.get("responses", {}).items():
        headers = response.get("headers", {})
        made.create_response(
            status,
            model_names(response.get("content")),
            {f"method.response.header.{header}": False for header in headers} or None,
        )
    if said := operation.get(EXTENSION + "integration"):
        integrate(backend, api, at, name, said)


def integrate(backend, api, at, name, said):
    arguments = backend._build_integration_args(said)
    arguments["integration_type"] = arguments["integration_type"].upper()
    arguments["passthrough_behavior"] = (
        arguments["passthrough_behavior"] or "WHEN_NO_MATCH"
    ).upper()
    arguments["timeout_in_millis"] = (
        arguments["timeout_in_millis"] or DEFAULT_TIMEOUT_MS
    )
    backend.put_integration(
        function_id=api.id, resource_id=at.id, method_type=name, **arguments
    )
    for response in backend._build_integration_responses_args(said):
        backend.put_integration_response(
            function_id=api.id, resource_id=at.id, method_type=name, **response
        )


def apply():
    def put_rest_api(
        self, function_id, api_doc, fail_on_warnings=False, mode="merge"
    ):
        if mode not in ("merge", "overwrite"):
            raise models.InvalidOpenApiModeException()
        if not re.match("3", api_doc.get("openapi", "")):
            raise models.InvalidOpenApiDocVersionException()
        if fail_on_warnings:
            try:
                models.validate(api_doc)
            except models.OpenAPIValidationError as error:
                raise models.InvalidOpenAPIDocumentException(error)

        api = self.get_rest_api(function_id)
        if mode == "overwrite":
            clear(api)
            api.name = api_doc["info"]["title"]
            api.description = api_doc["info"].get("description", "")

        known = authorizers(self, api, api_doc)
        validators = {
            name: api.create_request_validator(
                name,
                said.get("validateRequestBody", False),
                said.get("validateRequestParameters", False),
            )
            for name, said in api_doc.get(EXTENSION + "request-validators", {}).items()
        }
        for name, schema in api_doc.get("components", {}).get("schemas", {}).items():
            api.add_model(
                name, schema.get("description"), json.dumps(schema), "application/json"
            )
        for kind, said in api_doc.get(EXTENSION + "gateway-responses", {}).items():
            api.put_gateway_response(
                kind,
                said.get("statusCode"),
                said.get("responseParameters", {}),
                said.get("responseTemplates", {}),
            )
        for path, operations in api_doc["paths"].items():
            at = resource(self, api, path)
            for name, operation in operations.items():
                if name in METHODS:
                    method(
                        self,
                        api,
                        at,
                        name.upper(),
                        operation,
                        known,
                        validators,
                        api_doc,
                    )
        return api

    APIGatewayBackend.put_rest_api = put_rest_api
