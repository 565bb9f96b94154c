# Every default is production's value: an environment says only where it differs.

variable "aws" {
  description = "Settings of the AWS provider. The defaults are AWS's own; another AWS-compatible endpoint may need others."
  type = object({
    max_retries                 = optional(number, 25)
    s3_use_path_style           = optional(bool, false)
    skip_credentials_validation = optional(bool, false)
    skip_metadata_api_check     = optional(bool, false)
    skip_region_validation      = optional(bool, false)
    skip_requesting_account_id  = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "cost_center" {
  description = "Who pays, for cost reports; the CostCenter tag."
  type        = string
  nullable    = false
}

variable "data_classification" {
  description = "Most sensitive data that the environment holds; the DataClassification tag."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["public", "internal", "confidential", "restricted"], var.data_classification)
    error_message = "data_classification must be public, internal, confidential or restricted."
  }
}

variable "database" {
  description = "Layer database; see modules/database."
  type = object({
    apply_immediately     = optional(bool, true)
    backup_retention_days = optional(number, 7)
    capacity_acu = optional(object({
      max = optional(number, 2)
      min = optional(number, 0.5)
    }), {})
    deletion_protection = optional(bool, true)
    engine_version      = optional(string, "16.8")
    instance_count      = optional(number, 2)
    log_retention_days  = optional(number, 30)
    skip_final_snapshot = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "environment" {
  description = "Name of the environment, as its folder is called; the Environment tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.environment))
    error_message = "environment must be 3 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "network" {
  description = "Layer network; see modules/network."
  type = object({
    availability_zones = optional(list(string), ["ap-northeast-1a", "ap-northeast-1c"])
    cidr_block         = optional(string, "10.0.0.0/16")
    flow_log = optional(object({
      aggregation_seconds = optional(number, 600)
      retention_days      = optional(number, 30)
      traffic_type        = optional(string, "ALL")
    }), {})
    gateway_endpoints   = optional(set(string), ["s3"])
    interface_endpoints = optional(set(string), [])
    nat_gateways        = optional(string, "single")
  })
  default  = {}
  nullable = false
}

variable "owner" {
  description = "Team that answers for the environment; the Owner tag."
  type        = string
  nullable    = false
}

variable "project" {
  description = "Name of the project, the first part of every name; the Project tag."
  type        = string
  default     = "goal-mandala"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.project))
    error_message = "project must be 3 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "region" {
  description = "AWS region of the environment."
  type        = string
  default     = "ap-northeast-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as ap-northeast-1."
  }
}

variable "release" {
  description = "Version that is deployed, set by the tool; the Release tag."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$", var.release))
    error_message = "release must be a version such as v1.3.0, a commit or dev."
  }
}

variable "secrets" {
  description = "Layer secrets; see modules/secrets."
  type = object({
    jwt_key = optional(object({
      length_characters = optional(number, 64)
      version           = optional(number, 1)
    }), {})
    recovery_window_days = optional(number, 30)
  })
  default  = {}
  nullable = false
}
