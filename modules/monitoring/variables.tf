variable "alerts" {
  description = "Who is told: e-mail addresses, the alias of the function that writes to Slack with the dead-letter queue of its failed calls (a key of dead_letter_queue_names), and further topics (short name to ARN, in this region) whose messages that function gets too."
  type = object({
    emails        = optional(set(string), [])
    notice_topics = optional(map(string), {})
    notifier = object({
      alias_arn         = string
      alias_name        = string
      dead_letter_queue = optional(string, "functions")
      function_name     = string
    })
  })
  nullable = false

  validation {
    condition     = alltrue([for email in var.alerts.emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", email))])
    error_message = "R3.2: alerts.emails must be e-mail addresses."
  }

  validation {
    condition     = alltrue([for key in keys(var.alerts.notice_topics) : can(regex("^[a-z][a-z0-9-]*$", key))])
    error_message = "R3.2: alerts.notice_topics must have keys of lower-case letters, digits and hyphens."
  }

  validation {
    condition     = contains(keys(var.dead_letter_queue_names), var.alerts.notifier.dead_letter_queue)
    error_message = "R3.2: alerts.notifier.dead_letter_queue must be a key of dead_letter_queue_names."
  }
}

variable "api" {
  description = "The REST API: the log group of its access log, its name and its stage."
  type = object({
    access_log_group_name = string
    name                  = string
    stage_name            = string
  })
  nullable = false
}

variable "cost" {
  description = "What it may cost: the tags that tell this environment's cost apart, the monthly budget with its own e-mail addresses, and anomalies from an impact of impact_usd on, seen by a monitor of the tag tag_key or by an existing one (monitor_arn)."
  type = object({
    anomaly = optional(object({
      enabled     = optional(bool, true)
      impact_usd  = optional(number, 10)
      monitor_arn = optional(string)
      tag_key     = optional(string, "Project")
    }), {})
    budget = optional(object({
      emails    = optional(set(string), [])
      limit_usd = optional(number, 100)
    }), {})
    tags = map(string)
  })
  nullable = false

  validation {
    condition     = length(var.cost.tags) > 0
    error_message = "R7.2: cost.tags must hold at least one tag, such as Project and Environment."
  }

  validation {
    condition     = var.cost.budget.limit_usd > 0
    error_message = "R7.2: cost.budget.limit_usd must be more than 0."
  }

  validation {
    condition     = length(var.cost.budget.emails) <= 10
    error_message = "R7.2: cost.budget.emails takes at most 10 addresses, a limit of AWS Budgets."
  }

  validation {
    condition     = var.cost.anomaly.impact_usd > 0
    error_message = "R7.2: cost.anomaly.impact_usd must be more than 0."
  }

  validation {
    condition     = !var.cost.anomaly.enabled || var.cost.anomaly.monitor_arn != null || contains(keys(var.cost.tags), var.cost.anomaly.tag_key)
    error_message = "R7.2: cost.anomaly.tag_key must be a key of cost.tags."
  }
}

variable "database" {
  description = "The database cluster: its identifier, its instances' identifiers, its log group and its largest capacity in ACU."
  type = object({
    cluster_identifier   = string
    instance_identifiers = list(string)
    log_group_name       = string
    maximum_acu          = optional(number, 2)
  })
  nullable = false

  validation {
    condition     = length(var.database.instance_identifiers) > 0
    error_message = "R3.2: database.instance_identifiers must name at least one instance."
  }
}

variable "dead_letter_queue_names" {
  description = "Names of the dead-letter queues in which nothing may lie, by short name."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.dead_letter_queue_names) : can(regex("^[a-z][a-z0-9-]*$", key))])
    error_message = "R3.2: dead_letter_queue_names must have keys of lower-case letters, digits and hyphens."
  }
}

variable "distribution_id" {
  description = "Id of the CloudFront distribution, which must have a monitoring subscription for its cache hit rate."
  type        = string
  nullable    = false
}

variable "functions" {
  description = "The functions by short name: their full name and their log group."
  type = map(object({
    function_name  = string
    log_group_name = string
  }))
  nullable = false

  validation {
    condition     = length(var.functions) >= 1 && length(var.functions) <= 50
    error_message = "R3.4: functions must hold 1 to 50 functions; a saved query of Logs Insights takes at most 50 log groups."
  }

  validation {
    condition     = alltrue([for key in keys(var.functions) : can(regex("^[a-z][a-z0-9-]*$", key))])
    error_message = "R3.2: functions must have keys of lower-case letters, digits and hyphens."
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

variable "reminders" {
  description = "The reminder function and the metrics of its mails: their namespace and the names of those for sent and failed mails."
  type = object({
    function_name = string
    mail_metrics = object({
      failed    = string
      namespace = string
      sent      = string
    })
  })
  nullable = false
}

variable "state_machine" {
  description = "The workflow: ARN, name and log group."
  type = object({
    arn            = string
    log_group_name = string
    name           = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:states:[a-z0-9-]+:[0-9]{12}:stateMachine:", var.state_machine.arn))
    error_message = "R3.2: state_machine.arn must be the ARN of a state machine."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "thresholds" {
  description = "Values beyond which alarms are raised. outage_percent is that of the quick alarms for an outage; counts are per 5 minutes; a cloudfront_cache_hit_percent of 0 never alarms."
  type = object({
    api_5xx_percent               = optional(number, 5)
    api_p95_milliseconds          = optional(number, 2000)
    api_throttled_requests        = optional(number, 10)
    cloudfront_5xx_percent        = optional(number, 5)
    cloudfront_cache_hit_percent  = optional(number, 80)
    database_connections          = optional(number, 45)
    database_connections_limit    = optional(number, 50)
    database_cpu_percent          = optional(number, 80)
    function_error_percent        = optional(number, 5)
    mail_failure_percent          = optional(number, 5)
    outage_percent                = optional(number, 50)
    reminder_duration_ms          = optional(number, 240000)
    workflow_failed_executions    = optional(number, 3)
    workflow_failure_rate_percent = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key, value in var.thresholds : value >= 0])
    error_message = "R3.2: thresholds must not be negative."
  }

  validation {
    condition     = alltrue([for key, value in var.thresholds : value < 100 if endswith(key, "_percent")])
    error_message = "R3.2: a threshold in percent must be below 100: nothing exceeds 100 %."
  }

  validation {
    condition     = var.thresholds.database_connections < var.thresholds.database_connections_limit
    error_message = "R3.2: thresholds.database_connections must be below database_connections_limit."
  }
}

variable "tracing" {
  description = "X-Ray: how many requests a second are always traced, the share of the further ones (0 to 1), and whether X-Ray Insights looks for anomalies in the traces."
  type = object({
    insights      = optional(bool, true)
    reservoir     = optional(number, 1)
    sampling_rate = optional(number, 0.05)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.tracing.sampling_rate >= 0 && var.tracing.sampling_rate <= 1
    error_message = "R3.3: tracing.sampling_rate must be 0 to 1."
  }

  validation {
    condition     = var.tracing.reservoir >= 0 && floor(var.tracing.reservoir) == var.tracing.reservoir
    error_message = "R3.3: tracing.reservoir must be a whole number from 0."
  }
}
