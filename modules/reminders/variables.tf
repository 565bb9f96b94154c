variable "function" {
  description = "The function that sends the reminders: the alias to call, its name and its log group."
  type = object({
    alias_arn      = string
    function_name  = string
    log_group_name = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$", var.function.alias_arn))
    error_message = "R1.7: function.alias_arn must be the ARN of an alias, function:NAME:ALIAS."
  }
}

variable "logs_kms_key_arn" {
  description = "KMS key of the dead-letter queue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.logs_kms_key_arn))
    error_message = "R4.4: logs_kms_key_arn must be the ARN of a KMS key."
  }
}

variable "mail_configuration_set_name" {
  description = "SES configuration set that the mails are sent with: its bounces and complaints are handed to the function."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.mail_configuration_set_name))
    error_message = "R1.7: mail_configuration_set_name must be the name of a configuration set, not its ARN."
  }
}

variable "name" {
  description = "Prefix of every name, normally PROJECT-ENVIRONMENT."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "retry" {
  description = "What happens to a call that fails: how often it is tried again, and the seconds after which nobody wants it any more."
  type = object({
    attempts            = optional(number, 2)
    maximum_age_seconds = optional(number, 3600)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([0, 1, 2], var.retry.attempts)
    error_message = "R1.7: retry.attempts must be 0 to 2: Lambda tries no more often."
  }

  validation {
    condition     = var.retry.maximum_age_seconds >= 60 && var.retry.maximum_age_seconds <= 21600 && floor(var.retry.maximum_age_seconds) == var.retry.maximum_age_seconds
    error_message = "R1.7: retry.maximum_age_seconds must be a whole number from 60 to 21600, six hours."
  }
}

variable "schedule" {
  description = "When the reminders go out: a cron() or rate() expression of EventBridge Scheduler in the named time zone; disabled, the schedule stays and calls nothing."
  type = object({
    enabled    = optional(bool, true)
    expression = optional(string, "cron(0 1 ? * MON-FRI *)")
    timezone   = optional(string, "UTC")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^(cron|rate)\\([^()]+\\)$", var.schedule.expression))
    error_message = "R1.7: schedule.expression must be cron(…) or rate(…)."
  }

  validation {
    condition     = can(regex("^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$", var.schedule.timezone))
    error_message = "R1.7: schedule.timezone must be an IANA name such as UTC or Asia/Tokyo."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
