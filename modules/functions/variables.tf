variable "architecture" {
  description = "Processor of the functions: arm64 or x86_64. Compiled artefacts must be built for it."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "R1.2: architecture must be arm64 or x86_64."
  }
}

variable "functions" {
  description = "Functions by short name: the artefact in S3 (sha256 in hexadecimal; null deploys the placeholder), what it does, environment variables (ARNs of secrets, never values), the group whose role it has, and its settings."
  type = map(object({
    artifact = optional(object({
      bucket = string
      key    = string
      sha256 = string
    }))
    description             = string
    environment             = optional(map(string), {})
    group                   = string
    handler                 = optional(string, "bootstrap")
    memory_mb               = optional(number, 512)
    provisioned_concurrency = optional(number, 0)
    runtime                 = optional(string, "provided.al2023")
    timeout_seconds         = optional(number, 30)
  }))
  nullable = false

  validation {
    condition     = length(var.functions) > 0
    error_message = "R1.2: functions must name at least one function."
  }

  validation {
    condition     = alltrue([for name in keys(var.functions) : can(regex("^[a-z][a-z0-9-]*[a-z0-9]$", name)) && length("${var.name}-${name}") <= 64])
    error_message = "R1.2: a function's name must be lower-case letters, digits and hyphens, at most 64 characters together with the prefix."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.artifact == null || can(regex("^[0-9a-f]{64}$", function.artifact.sha256))])
    error_message = "R1.2: artifact.sha256 must be 64 hexadecimal digits in lower case."
  }

  # Otherwise a changed object would be deployed under an unchanged hash.
  validation {
    condition     = alltrue([for function in var.functions : function.artifact == null || try(strcontains(function.artifact.key, function.artifact.sha256), false)])
    error_message = "R1.2: artifact.key must contain artifact.sha256: artefacts are addressed by their content."
  }

  validation {
    condition     = alltrue([for function in var.functions : length(function.description) <= 256])
    error_message = "R1.2: a description must have at most 256 characters."
  }

  validation {
    condition     = alltrue([for function in var.functions : contains(keys(var.groups), function.group)])
    error_message = "R4.1: each function's group must be one of groups."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.memory_mb >= 128 && function.memory_mb <= 10240 && floor(function.memory_mb) == function.memory_mb])
    error_message = "R1.2: memory_mb must be a whole number from 128 to 10240."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.timeout_seconds >= 1 && function.timeout_seconds <= 900 && floor(function.timeout_seconds) == function.timeout_seconds])
    error_message = "R1.2: timeout_seconds must be a whole number from 1 to 900."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.provisioned_concurrency >= 0 && floor(function.provisioned_concurrency) == function.provisioned_concurrency])
    error_message = "R6.1: provisioned_concurrency must be a whole number from 0."
  }

  validation {
    condition     = alltrue([for function in var.functions : can(regex("^(dotnet|java|nodejs|provided[.]al|python|ruby)[0-9]", function.runtime))])
    error_message = "R1.2: runtime must be one of Lambda's, for example provided.al2023 or nodejs22.x."
  }

  validation {
    condition = alltrue(flatten([
      for function in var.functions : [
        for variable in keys(function.environment) :
        can(regex("^[A-Za-z][A-Za-z0-9_]+$", variable)) && !can(regex("^(AWS_(ACCESS|DEFAULT|EXECUTION|LAMBDA|REGION|SECRET|SESSION)|LAMBDA_)", variable))
      ]
    ]))
    error_message = "R1.2: environment variables are letters, digits and underscores, and none that Lambda sets itself."
  }

  # The name asks for a secret, so the value may be where the secret is (an ARN or
  # a name), or a setting about it (a number or a switch).
  validation {
    condition = alltrue(flatten([
      for function in var.functions : [
        for variable, value in function.environment :
        !can(regex("(API_?KEY|CREDENTIAL|PASSWORD|PRIVATE_?KEY|SECRET|TOKEN|WEBHOOK)", upper(variable))) ||
        can(regex("_(ARN|NAME)$", upper(variable))) ||
        can(regex("^(arn:[a-z-]+:|[0-9]{1,9}$|true$|false$)", value))
      ]
    ]))
    error_message = "R1.4: an environment variable that is named like a secret must hold its ARN or its name, never its value."
  }

  validation {
    condition = alltrue(flatten([
      for function in var.functions : [
        for value in values(function.environment) :
        !can(regex("(-----BEGIN |A(KI|SI)A[A-Z0-9]{16}|hooks[.]slack[.]com/|xox[a-z]-|eyJ[A-Za-z0-9_-]{10,}[.]|://[^/@:]+:[^/@]+@)", value))
      ]
    ]))
    error_message = "R1.4: an environment variable holds what looks like a key, a token, a webhook or a password: put it into Secrets Manager and give its ARN."
  }
}

variable "groups" {
  description = "Groups of functions that share a role, by short name: what the role may do beyond its own logs, traces, network interfaces, dead letters and key. conditions: operator to key to values."
  type = map(object({
    statements = list(object({
      actions    = list(string)
      conditions = optional(map(map(list(string))), {})
      resources  = list(string)
      sid        = string
    }))
  }))
  nullable = false

  validation {
    condition     = alltrue([for group in keys(var.groups) : can(regex("^[a-z][a-z0-9-]*[a-z0-9]$", group)) && length("${var.name}-functions-${group}") <= 64])
    error_message = "R4.1: a group's name must be lower-case letters, digits and hyphens, at most 64 characters together with PREFIX-functions-."
  }

  validation {
    condition = alltrue(flatten([
      for group in var.groups : [
        for statement in group.statements : [
          for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))
        ]
      ]
    ]))
    error_message = "R4.1: actions must be named in full, without wildcards."
  }

  validation {
    condition     = alltrue(flatten([for group in var.groups : [for statement in group.statements : length(statement.actions) > 0 && length(statement.resources) > 0]]))
    error_message = "R4.1: a statement must have actions and resources."
  }

  validation {
    condition     = alltrue(flatten([for group in var.groups : [for statement in group.statements : !contains(statement.resources, "*") || length(statement.resources) == 1]]))
    error_message = "R4.1: a statement on all resources must stand by itself."
  }

  validation {
    condition = alltrue([
      for group in var.groups :
      alltrue([for statement in group.statements : can(regex("^[A-Za-z0-9]+$", statement.sid))]) &&
      length(distinct(group.statements[*].sid)) == length(group.statements)
    ])
    error_message = "R4.1: each statement needs a sid of letters and digits, different from the others of its group."
  }
}

variable "log_level" {
  description = "Least level that Lambda itself logs: DEBUG, INFO or WARN. What the functions log is their own choice, by their environment, and all of it is kept."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.log_level)
    error_message = "R3.4: log_level must be DEBUG, INFO or WARN."
  }
}

variable "log_retention_days" {
  description = "Days that the functions' logs are kept."
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

variable "placeholder_bucket" {
  description = "Bucket to put the placeholder into, for the functions without an artefact; null uploads it with each of them, which the provider does one after the other."
  type        = string
  default     = null
  nullable    = true
}

variable "security_group_ids" {
  description = "Security groups of the functions' network interfaces."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) >= 1 && length(var.security_group_ids) <= 5
    error_message = "R1.5: security_group_ids must name 1 to 5 groups."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the functions, in at least two zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "R1.2: subnet_ids must name at least two subnets, so that a zone may fail."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
