variable "data_events" {
  description = "Data events that are recorded beside all management events: invocations of functions, and reads and writes of S3 objects outside the trail's own buckets. Both cover the whole account."
  type = object({
    functions = optional(bool, true)
    objects   = optional(bool, true)
  })
  default  = {}
  nullable = false
}

variable "expiration_days" {
  description = "Days that the trail's files, and the record of who read them, are kept."
  type        = number
  default     = 2555
  nullable    = false

  validation {
    condition     = var.expiration_days >= 90 && floor(var.expiration_days) == var.expiration_days
    error_message = "R4.2: expiration_days must be a whole number from 90."
  }
}

variable "force_destroy" {
  description = "Whether a destroy may delete the buckets with everything that they hold."
  type        = bool
  default     = false
  nullable    = false
}

variable "glacier_days" {
  description = "Days after which files move to Glacier, at least 30 after ia_days. Left out when files expire no later."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.glacier_days >= var.ia_days + 30 && floor(var.glacier_days) == var.glacier_days
    error_message = "R4.2: glacier_days must be a whole number of at least ia_days + 30: S3 keeps files in Infrequent Access for 30 days."
  }
}

variable "ia_days" {
  description = "Days after which files move to Infrequent Access."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.ia_days >= 30 && floor(var.ia_days) == var.ia_days
    error_message = "R4.2: ia_days must be a whole number from 30, the least that S3 takes."
  }
}

variable "insights" {
  description = "CloudTrail Insights, at a price per event: ApiCallRateInsight, ApiErrorRateInsight."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for kind in var.insights : contains(["ApiCallRateInsight", "ApiErrorRateInsight"], kind)])
    error_message = "R4.2: insights may hold ApiCallRateInsight and ApiErrorRateInsight only."
  }
}

variable "log_retention_days" {
  description = "Days that the events are kept in CloudWatch Logs; the bucket keeps them for expiration_days."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "R3.4: log_retention_days must be one of the retention periods of CloudWatch Logs."
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
