variable "bucket_name" {
  description = "The tool's own bucket, which holds states, artifacts, releases, approvals, deployments and leases."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "R2.2: bucket_name must be 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create GitHub's identity provider. An account has one at most: the environment that comes second in an account says false."
  type        = bool
  default     = true
  nullable    = false
}

variable "github" {
  description = "Who may assume the roles: repository (ORG/REPO), the protected GitHub Environment that deploys, and the branch whose runs may plan, beside pull requests."
  type = object({
    branch      = optional(string, "main")
    environment = optional(string, "production")
    repository  = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "R2.2: github.repository must be ORG/REPO without wildcards."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.github.branch))
    error_message = "R2.2: github.branch must be a branch's name without wildcards."
  }

  # A colon would begin another part of the subject.
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.github.environment))
    error_message = "R2.2: github.environment must be letters, digits, dots, underscores and hyphens, without wildcards."
  }
}

variable "name" {
  description = "Prefix of every name, normally PROJECT-ENVIRONMENT: also of everything that the deploy role may change by name."
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
