"""Fault: moto's SES configuration sets know no delivery options.

Evidence: applying aws_ses_configuration_set with delivery_options ends with
status 501 for PutConfigurationSetDeliveryOptions, and DescribeConfigurationSet
never tells of options, whatever attributes are asked for.

This fill stores the TLS policy, and returns it and the reputation options where
they are asked for; mail is not sent any differently.

It can go when moto has the operation and DescribeConfigurationSet tells.
"""

from moto.core.responses import EmptyResult
from moto.ses.responses import EmailResponse


def put_configuration_set_delivery_options(self):
    name = self._get_param("ConfigurationSetName")
    policy = self._get_param("DeliveryOptions.TlsPolicy")
    options = self.backend.describe_configuration_set(name)
    options.delivery_options = {"TlsPolicy": policy} if policy else {}
    return EmptyResult()


def apply():
    describe = EmailResponse.describe_configuration_set

    def describe_configuration_set(self):
        answer = describe(self)
        name = self._get_param("ConfigurationSetName")
        options = self.backend.describe_configuration_set(name)
        asked = self._get_param("ConfigurationSetAttributeNames", [])
        if "deliveryOptions" in asked and options.delivery_options:
            answer.result["DeliveryOptions"] = options.delivery_options
        if "reputationOptions" in asked:
            answer.result["ReputationOptions"] = {
                "SendingEnabled": True,
                "ReputationMetricsEnabled": False,
                **options.reputation_options,
            }
        return answer

    EmailResponse.describe_configuration_set = describe_configuration_set
    EmailResponse.put_configuration_set_delivery_options = (
        put_configuration_set_delivery_options
    )
