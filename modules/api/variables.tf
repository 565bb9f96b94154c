variable "account_logging" {
  description = "Whether to manage the role by which API Gateway writes logs. There is one per account and region: true in exactly one environment of them."
  type        = bool
  default     = true
  nullable    = false
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, such as https://app.example.com. The first is the application's own."
  type        = list(string)
  nullable    = false

  validation {
    condition = length(var.cors_origins) > 0 && alltrue([
      for origin in var.cors_origins :
      can(regex("^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://(localhost|127\\.0\\.0\\.1))(:[0-9]{1,5})?$", origin))
    ])
    error_message = "R1.2: cors_origins must be one or more origins such as https://app.example.com, without a path and without *; http only for localhost and 127.0.0.1."
  }

  validation {
    condition     = length(distinct(var.cors_origins)) == length(var.cors_origins)
    error_message = "R1.2: cors_origins must not name an origin twice."
  }
}

variable "domain" {
  description = "The API's own host name, the ARN of its certificate in the same region, and the hosted zone that gets its record; null leaves the API at its execute-api address."
  type = object({
    certificate_arn = string
    name            = string
    zone_id         = string
  })
  default  = null
  nullable = true

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain.name))
    error_message = "R1.2: domain.name must be a host name such as api.example.com."
  }

  validation {
    condition     = var.domain == null || can(regex("^arn:[a-z-]+:acm:", var.domain.certificate_arn))
    error_message = "R4.4: domain.certificate_arn must be the ARN of a certificate in ACM."
  }
}

variable "functions" {
  description = "Functions that the routes name: the alias that is called, the ARN by which API Gateway calls it, and the names by which the permission is given."
  type = map(object({
    alias_arn        = string
    alias_invoke_arn = string
    alias_name       = string
    function_name    = string
  }))
  nullable = false
}

variable "log_retention_days" {
  description = "Days that the access, execution and firewall logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "R3.4: log_retention_days must be one of the retention periods of CloudWatch Logs."
  }
}

variable "logs_kms_key_arn" {
  description = "KMS key of the log groups; its policy must let CloudWatch Logs use it for them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.logs_kms_key_arn))
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

variable "routes" {
  description = "Routes by path and method: the function that answers, whether Cognito must know the caller, the operation's id (null: made from method and path), and query parameters, true where required."
  type = map(map(object({
    authorized   = optional(bool, true)
    function     = string
    operation_id = optional(string)
    query        = optional(map(bool), {})
  })))
  nullable = false

  validation {
    condition = length(var.routes) > 0 && alltrue([
      for path in keys(var.routes) : can(regex("^(/([a-z0-9._-]+|\\{[A-Za-z][A-Za-z0-9_]*\\}))+$", path))
    ])
    error_message = "R1.2: routes must have paths such as /goals/{goalId}: lower-case segments and parameters in braces, no / at the end."
  }

  validation {
    condition = alltrue(flatten([
      for methods in var.routes : [for method in keys(methods) : contains(["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"], method)]
    ]))
    error_message = "R1.2: the methods of routes must be DELETE, GET, HEAD, PATCH, POST or PUT; OPTIONS, the preflight, is made by the module."
  }

  validation {
    condition = alltrue(flatten([
      for methods in var.routes : [for route in methods : contains(keys(var.functions), route.function)]
    ]))
    error_message = "R1.2: every function that routes name must be in functions."
  }

  # API Gateway: "a sibling of this resource already has a variable path part".
  validation {
    condition = alltrue([
      for names in values({
        for parameter in distinct(flatten([
          for path in keys(var.routes) : [
            for index, segment in split("/", path) : {
              name  = segment
              place = replace(join("/", slice(split("/", path), 0, index)), "/\\{[^}]*\\}/", "{}")
            } if startswith(segment, "{")
          ]
        ])) : parameter.place => parameter.name...
      }) : length(names) == 1
    ])
    error_message = "R1.2: a parameter must have the same name in all routes that share the path before it."
  }

  validation {
    condition = alltrue(flatten([
      for methods in var.routes : [for route in methods : can(regex("^[a-z][A-Za-z0-9]*$", route.operation_id)) if route.operation_id != null]
    ]))
    error_message = "R1.2: an operation_id must be letters and digits, starting with a lower-case letter."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "throttle" {
  description = "Requests that the stage takes: per second on average (rate) and at once (burst)."
  type = object({
    burst = optional(number, 2000)
    rate  = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.burst >= 1 && var.throttle.burst <= 5000 && floor(var.throttle.burst) == var.throttle.burst
    error_message = "R1.2: throttle.burst must be a whole number from 1 to 5000, the account's own limit."
  }

  validation {
    condition     = var.throttle.rate >= 1 && var.throttle.rate <= 10000
    error_message = "R1.2: throttle.rate must be 1 to 10000, the account's own limit."
  }
}

variable "user_pool_arn" {
  description = "Cognito user pool whose ID tokens the API accepts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:cognito-idp:", var.user_pool_arn))
    error_message = "R1.2: user_pool_arn must be the ARN of a Cognito user pool."
  }
}

variable "waf" {
  description = "Whether a web ACL stands in front of the stage."
  type        = bool
  default     = false
  nullable    = false
}
