"""Fault: moto keeps one event destination for a configuration set, and keeps it.

Evidence: a second CreateConfigurationSetEventDestination replaces the first,
DescribeConfigurationSet of a set without one tells of an empty one, and
UpdateConfigurationSetEventDestination and its deletion end with status 501.

This fill stores the destinations of each set and returns them. Events are
published by the proxy.

It can go when moto has the operations.
"""

from moto.core.responses import EmptyResult
from moto.ses.exceptions import ValidationError
from moto.ses.models import SESBackend
from moto.ses.responses import EmailResponse


def destinations(backend, name):
    return backend.__dict__.setdefault("destinations_of", {}).setdefault(name, {})


def create(self):
    name = self._get_param("ConfigurationSetName")
    destination = self._get_param("EventDestination", {})
    self.backend.describe_configuration_set(name)
    known = destinations(self.backend, name)
    if destination["Name"] in known:
        from moto.ses.exceptions import EventDestinationAlreadyExists

        raise EventDestinationAlreadyExists("Duplicate Event destination Name.")
    known[destination["Name"]] = destination
    return EmptyResult()


def update(self):
    name = self._get_param("ConfigurationSetName")
    destination = self._get_param("EventDestination", {})
    self.backend.describe_configuration_set(name)
    known = destinations(self.backend, name)
    if destination["Name"] not in known:
        raise ValidationError(f"Event destination {destination['Name']} does not exist.")
    known[destination["Name"]] = destination
    return EmptyResult()


def delete(self):
    name = self._get_param("ConfigurationSetName")
    destinations(self.backend, name).pop(self._get_param("EventDestinationName"), None)
    return EmptyResult()


def apply():
    describe = EmailResponse.describe_configuration_set
    forget = SESBackend.delete_configuration_set

    def describe_configuration_set(self):
        answer = describe(self)
        name = self._get_param("ConfigurationSetName")
        asked = self._get_param("ConfigurationSetAttributeNames", [])
        known = destinations(self.backend, name) if "eventDestinations" in asked else {}
        answer.result["EventDestinations"] = list(known.values())
        return answer

    def delete_configuration_set(self, configuration_set_name, *arguments, **settings):
        destinations(self, configuration_set_name).clear()
        return forget(self, configuration_set_name, *arguments, **settings)

    EmailResponse.describe_configuration_set = describe_configuration_set
    EmailResponse.create_configuration_set_event_destination = create
    EmailResponse.update_configuration_set_event_destination = update
    EmailResponse.delete_configuration_set_event_destination = delete
    SESBackend.delete_configuration_set = delete_configuration_set
