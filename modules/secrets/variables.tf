variable "jwt_key" {
  description = "Key that signs tokens with HS256: its length in characters (62 letters and digits, so 43 characters hold 256 bits) and a version; raising the version replaces the key."
  type = object({
    length_characters = optional(number, 64)
    version           = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.jwt_key.length_characters >= 43 && var.jwt_key.length_characters <= 4096
    error_message = "R1.4: jwt_key.length_characters must be 43 to 4096: HS256 takes a key of at least 256 bits."
  }

  validation {
    condition     = var.jwt_key.version >= 1 && floor(var.jwt_key.version) == var.jwt_key.version
    error_message = "R1.4: jwt_key.version must be a whole number from 1."
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

variable "recovery_window_days" {
  description = "Days in which a deleted secret can be restored; its name stays taken meanwhile. 0 deletes at once."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "R1.4: recovery_window_days must be 0 or 7 to 30."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
