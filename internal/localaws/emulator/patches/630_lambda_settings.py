"""Fault: several settings of a function are dropped.

Evidence: CreateFunction with KMSKeyArn, DeadLetterConfig and LoggingConfig;
GetFunction has none of them, so every plan of aws_lambda_function wants to set
them again. UpdateFunctionConfiguration drops TracingConfig and EphemeralStorage,
too, and answers 500 when the environment is taken away (a KeyError).

It can go when GetFunction answers what was given.
"""

from moto.awslambda.models import LambdaFunction


def logging_config(function, given):
    """What AWS makes of the request: JSON logs have levels, text has none."""
    config = {
        "LogFormat": given.get("LogFormat") or "Text",
        "LogGroup": given.get("LogGroup") or f"/aws/lambda/{function.function_name}",
    }
    if config["LogFormat"] == "JSON":
        for level in ("ApplicationLogLevel", "SystemLogLevel"):
            config[level] = given.get(level) or "INFO"
    return config


def apply():
    construct = LambdaFunction.__init__
    describe = LambdaFunction.get_configuration
    update = LambdaFunction.update_configuration

    def keep(self, settings):
        """Takes from the request what moto leaves lying."""
        if "KMSKeyArn" in settings:
            self.kms_key_arn = settings["KMSKeyArn"]
        if "DeadLetterConfig" in settings:
            self.dead_letter_arn = settings["DeadLetterConfig"].get("TargetArn")
        if "LoggingConfig" in settings:
            self.logging_config = logging_config(self, settings["LoggingConfig"])
            self.logs_group_name = self.logging_config["LogGroup"]

    def __init__(self, account_id, spec, region, version=1):
        construct(self, account_id, spec, region, version)
        self.kms_key_arn = self.dead_letter_arn = None
        self.logging_config = logging_config(self, {})
        keep(self, spec)

    def get_configuration(self, on_create=False):
        config = describe(self, on_create)
        config["LoggingConfig"] = dict(self.logging_config)
        if self.kms_key_arn:
            config["KMSKeyArn"] = self.kms_key_arn
        if self.dead_letter_arn:
            config["DeadLetterConfig"] = {"TargetArn": self.dead_letter_arn}
        return config

    def update_configuration(self, config_updates):
        keep(self, config_updates)
        if "TracingConfig" in config_updates:
            self.tracing_config = config_updates["TracingConfig"]
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        if "Environment" in config_updates:
            config_updates["Environment"].setdefault("Variables", {})
        return update(self, config_updates)

    LambdaFunction.__init__ = __init__
    LambdaFunction.get_configuration = get_configuration
    LambdaFunction.update_configuration = update_configuration
