# Every default is production's value: an environment says only where it differs.

variable "api" {
  description = "Layer api; see modules/api. cors_origins come after the application's own."
  type = object({
    account_logging = optional(bool, true)
    cors_origins    = optional(list(string), [])
    domain = optional(object({
      certificate_arn = string
      name            = string
      zone_id         = string
    }))
    log_retention_days = optional(number, 30)
    throttle = optional(object({
      burst = optional(number, 2000)
      rate  = optional(number, 1000)
    }), {})
    waf = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "application_url" {
  description = "Where people open the application: https and without a path. Sign-in leads back to it, and the API answers pages from it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[a-z0-9][a-z0-9.-]*[a-z0-9](:[0-9]+)?$", var.application_url))
    error_message = "application_url must be https://HOST without a path or a slash at its end."
  }
}

variable "architecture" {
  description = "Processor of the functions, arm64 or x86_64: set by the tool, with artifacts, to what they were built for (functions.architecture of deploy.hcl)."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "artifacts" {
  description = "Where the functions' code lies, by the function's name, set by the tool to what it built: bucket, key and SHA-256 in hexadecimal. A function that is not named gets a placeholder."
  type = map(object({
    bucket = string
    key    = string
    sha256 = string
  }))
  default  = {}
  nullable = false
}

variable "audit" {
  description = "Layer audit; see modules/audit."
  type = object({
    data_events = optional(object({
      functions = optional(bool, true)
      objects   = optional(bool, true)
    }), {})
    expiration_days    = optional(number, 2555)
    force_destroy      = optional(bool, false)
    glacier_days       = optional(number, 90)
    ia_days            = optional(number, 30)
    log_retention_days = optional(number, 30)
  })
  default  = {}
  nullable = false
}

variable "auth" {
  description = "Layer auth; see modules/auth."
  type = object({
    callback_urls       = optional(set(string), [])
    deletion_protection = optional(bool, true)
    domain_prefix       = optional(string)
    mfa                 = optional(string, "OPTIONAL")
    threat_protection   = optional(string, "ENFORCED")
    token_validity = optional(object({
      access_minutes = optional(number, 60)
      id_minutes     = optional(number, 60)
      refresh_days   = optional(number, 30)
    }), {})
  })
  default  = {}
  nullable = false
}

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

variable "delivery" {
  description = "Layer delivery; see modules/delivery. bucket_name is state.bucket of deploy.hcl; null takes PROJECT-ENVIRONMENT-deploy."
  type = object({
    branch               = optional(string, "main")
    bucket_name          = optional(string)
    create_oidc_provider = optional(bool, true)
    repository           = optional(string, "goal-mandala/mandala-deploy")
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

variable "frontend" {
  description = "Layer frontend; see modules/frontend."
  type = object({
    domain = optional(object({
      names   = list(string)
      zone_id = string
    }))
    force_destroy          = optional(bool, false)
    geo_countries          = optional(set(string), ["JP", "US"])
    log_retention_days     = optional(number, 30)
    price_class            = optional(string, "PriceClass_All")
    version_retention_days = optional(number, 30)
    wait_for_deployment    = optional(bool, true)
    waf                    = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.frontend.domain == null ? true : "https://${var.frontend.domain.names[0]}" == var.application_url
    error_message = "R1.3: frontend.domain.names must begin with the host of application_url: sign-in, mails and CORS lead there."
  }
}

variable "functions" {
  description = "Layer functions; see modules/functions. database is how the functions sign in and speak to it (iam or password, TLS verify-full or disable); generator is what makes tasks (bedrock, or offline: without any model); models are the Bedrock models that may be invoked, by id or by ARN (of an inference profile, and of the models behind it), the first one in use."
  type = object({
    database = optional(object({
      auth = optional(string, "iam")
      tls  = optional(string, "verify-full")
    }), {})
    generator          = optional(string, "bedrock")
    log_level          = optional(string, "INFO")
    log_retention_days = optional(number, 30)
    models             = optional(list(string), ["anthropic.claude-3-haiku-20240307-v1:0"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["iam/verify-full", "password/verify-full", "password/disable"], "${var.functions.database.auth}/${var.functions.database.tls}")
    error_message = "R1.1: functions.database.auth must be iam or password and tls verify-full or disable, and iam needs verify-full: its tokens would go over the network in clear."
  }

  validation {
    condition     = contains(["bedrock", "offline"], var.functions.generator)
    error_message = "R1.2: functions.generator must be bedrock or offline."
  }
}

variable "mail" {
  description = "Outgoing mail; see modules/auth."
  type = object({
    domain       = string
    from_address = string
    from_name    = optional(string, "Goal Mandala")
    through_ses  = optional(bool, true)
    verified     = optional(bool, false)
    zone_id      = optional(string)
  })
  nullable = false
}

variable "monitoring" {
  description = "Layer monitoring; see modules/monitoring. runbook_url is a page with a section for each alarm, to which messages of alarms link; empty leads to docs/guide/en/operations.md in delivery.repository."
  type = object({
    alarm_emails = optional(set(string), [])
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
    runbook_url = optional(string, "")
    thresholds  = optional(map(number), {})
    tracing = optional(object({
      insights      = optional(bool, true)
      reservoir     = optional(number, 1)
      sampling_rate = optional(number, 0.05)
    }), {})
  })
  default  = {}
  nullable = false
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

variable "reminders" {
  description = "Layer reminders; see modules/reminders."
  type = object({
    schedule = optional(object({
      enabled    = optional(bool, true)
      expression = optional(string, "cron(0 1 ? * MON-FRI *)")
      timezone   = optional(string, "UTC")
    }), {})
  })
  default  = {}
  nullable = false
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

variable "workflow" {
  description = "Layer workflow; see modules/workflow."
  type = object({
    log_retention_days = optional(number, 30)
  })
  default  = {}
  nullable = false
}
