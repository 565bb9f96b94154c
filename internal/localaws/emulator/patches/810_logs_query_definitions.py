"""Fault: moto has no saved queries of Logs Insights.

Evidence: PutQueryDefinition answers 501, so aws_cloudwatch_query_definition
cannot be created.

The remedy only stores the definitions and gives them back; it runs no query.

It can go when moto has PutQueryDefinition, DescribeQueryDefinitions and
DeleteQueryDefinition.
"""

import json

from moto.core.utils import unix_time_millis, utcnow
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.moto_api._internal import mock_random


def definitions(response):
    """The region's definitions by id."""
    backend = response.logs_backend
    if not hasattr(backend, "query_definitions"):
        backend.query_definitions = {}
    return backend.query_definitions


def put_query_definition(self):
    stored = definitions(self)
    identifier = self._get_param("queryDefinitionId")
    if identifier and identifier not in stored:
        raise ResourceNotFoundException("Query definition does not exist.")
    identifier = identifier or str(mock_random.uuid4())
    stored[identifier] = {
        "queryLanguage": self._get_param("queryLanguage") or "CWLI",
        "queryDefinitionId": identifier,
        "name": self._get_param("name"),
        "queryString": self._get_param("queryString"),
        "logGroupNames": self._get_param("logGroupNames") or [],
        "lastModified": int(unix_time_millis(utcnow())),
    }
    return json.dumps({"queryDefinitionId": identifier})


def describe_query_definitions(self):
    prefix = self._get_param("queryDefinitionNamePrefix") or ""
    found = [d for d in definitions(self).values() if d["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": found})


def delete_query_definition(self):
    if definitions(self).pop(self._get_param("queryDefinitionId"), None) is None:
        raise ResourceNotFoundException("Query definition does not exist.")
    return json.dumps({"success": True})


def apply():
    for operation in (
        delete_query_definition,
        describe_query_definitions,
        put_query_definition,
    ):
        setattr(LogsResponse, operation.__name__, operation)
