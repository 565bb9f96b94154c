variable "application_url" {
  description = "Address of the application, https and without a path: users come back to its /auth/callback after signing in, and to itself after signing out."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[a-z0-9][a-z0-9.-]*[a-z0-9](:[0-9]+)?$", var.application_url))
    error_message = "R1.6: application_url must be https://HOST without a path or a slash at its end."
  }
}

variable "callback_urls" {
  description = "Further addresses to which a sign-in may lead back: https anywhere, http on localhost only."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for url in var.callback_urls : can(regex("^(https://[^#\\s]+|http://localhost(:[0-9]+)?(/[^#\\s]*)?)$", url))])
    error_message = "R1.6: callback_urls must be https, or http on localhost, without a fragment."
  }

  validation {
    condition     = length(var.callback_urls) <= 99
    error_message = "R1.6: callback_urls may hold 99 addresses: Cognito takes 100, and the application's own is one."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the user pool. Lift it with an apply of its own before a destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain_prefix" {
  description = "First part of the sign-in pages' host name, unique in the region among all accounts; null takes the name."
  type        = string
  default     = null
  nullable    = true # null takes the name

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(var.domain_prefix, var.name)))
    error_message = "R1.6: domain_prefix must be 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end."
  }

  validation {
    condition     = !can(regex("aws|amazon|cognito", coalesce(var.domain_prefix, var.name)))
    error_message = "R1.6: domain_prefix (or the name in its place) must not contain aws, amazon or cognito: AWS reserves them."
  }
}

variable "mail" {
  description = "Outgoing mail: SES domain, sender, the Route 53 zone that gets the verification records (null: they are published by hand), whether the pool sends through SES, which needs the verified domain, and whether that is verified already. dkim_host differs in some newer regions."
  type = object({
    dkim_host    = optional(string, "dkim.amazonses.com")
    domain       = string
    from_address = string
    from_name    = optional(string, "Goal Mandala")
    through_ses  = optional(bool, true)
    verified     = optional(bool, false)
    zone_id      = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", var.mail.domain))
    error_message = "R1.6: mail.domain must be a domain name in lower case."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9._+-]+@([a-z0-9-]+\\.)*${replace(var.mail.domain, ".", "\\.")}$", var.mail.from_address))
    error_message = "R1.6: mail.from_address must be an address of mail.domain: SES sends for verified domains only."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9 ]{1,64}$", var.mail.from_name))
    error_message = "R1.6: mail.from_name must be 1 to 64 letters, digits and spaces; others would have to be encoded."
  }

  validation {
    condition     = !var.mail.through_ses || var.mail.zone_id != null || var.mail.verified
    error_message = "R1.6: mail.through_ses needs a verified domain, or Cognito refuses the pool: give mail.zone_id, or publish the records first (through_ses = false until then) and say verified = true."
  }
}

variable "mfa" {
  description = "Second factor, an authenticator app (TOTP): OPTIONAL (each user decides), ON (everybody) or OFF."
  type        = string
  default     = "OPTIONAL"
  nullable    = false

  validation {
    condition     = contains(["OFF", "ON", "OPTIONAL"], var.mfa)
    error_message = "R1.6: mfa must be OPTIONAL, ON or OFF."
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

variable "threat_protection" {
  description = "Cognito's threat protection: ENFORCED (acts), AUDIT (reports only) or OFF. Anything but OFF makes the pool one of the Plus tier, which costs more for each active user."
  type        = string
  default     = "ENFORCED"
  nullable    = false

  validation {
    condition     = contains(["AUDIT", "ENFORCED", "OFF"], var.threat_protection)
    error_message = "R1.6: threat_protection must be ENFORCED, AUDIT or OFF."
  }
}

variable "token_validity" {
  description = "How long tokens are valid: access and ID tokens in minutes, refresh tokens in days."
  type = object({
    access_minutes = optional(number, 60)
    id_minutes     = optional(number, 60)
    refresh_days   = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for minutes in [var.token_validity.access_minutes, var.token_validity.id_minutes] : minutes >= 5 && minutes <= 1440 && floor(minutes) == minutes])
    error_message = "R1.6: token_validity.access_minutes and id_minutes must be whole numbers from 5 to 1440."
  }

  validation {
    condition     = var.token_validity.refresh_days >= 1 && var.token_validity.refresh_days <= 3650 && floor(var.token_validity.refresh_days) == var.token_validity.refresh_days
    error_message = "R1.6: token_validity.refresh_days must be a whole number from 1 to 3650."
  }
}
