variable "batch_size" {
  description = "Most actions that go into one batch."
  type        = number
  default     = 8
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 8 && floor(var.batch_size) == var.batch_size
    error_message = "R1.2: batch_size must be a whole number from 1 to 8."
  }
}

variable "concurrency" {
  description = "How many batches run at a time, and how many actions of each."
  type = object({
    actions = optional(number, 8)
    batches = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for count in values(var.concurrency) : count >= 1 && floor(count) == count]) && var.concurrency.actions * var.concurrency.batches <= 40
    error_message = "R1.2: concurrency must be whole numbers from 1 whose product is at most 40, what a state machine runs at a time."
  }
}

variable "functions" {
  description = "Alias ARNs of the functions that the states invoke, by name: aggregate-results, create-batches, get-actions, handle-error, save-tasks, task-generation, update-goal-status, update-progress, validate-input."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(setsubtract(["aggregate-results", "create-batches", "get-actions", "handle-error", "save-tasks", "task-generation", "update-goal-status", "update-progress", "validate-input"], keys(var.functions))) == 0
    error_message = "R1.2: functions must name aggregate-results, create-batches, get-actions, handle-error, save-tasks, task-generation, update-goal-status, update-progress and validate-input."
  }

  validation {
    condition     = alltrue([for arn in values(var.functions) : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$", arn))])
    error_message = "R1.2: functions must hold ARNs of aliases, ending in :function:NAME:ALIAS, so that a release and its rollback decide which code runs."
  }
}

variable "log_retention_days" {
  description = "Days that the workflow's log is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "R3.4: log_retention_days must be one of the retention periods of CloudWatch Logs."
  }
}

variable "logs_kms_key_arn" {
  description = "KMS key that encrypts the log group and the notices. Its policy must let CloudWatch Logs use it for this log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.logs_kms_key_arn))
    error_message = "R4.4: logs_kms_key_arn must be the ARN of a KMS key."
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

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "timeout_seconds" {
  description = "Seconds after which an execution ends, whatever it is doing."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 180 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "R1.2: timeout_seconds must be a whole number from 180 to 900."
  }
}
