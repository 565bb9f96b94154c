variable "apply_immediately" {
  description = "Whether changes of the cluster happen with the apply. Otherwise they wait for the maintenance window, and every plan until then shows them again."
  type        = bool
  default     = true
  nullable    = false
}

variable "availability_zones" {
  description = "Zones of the instances, in order: the writer in the first, readers in the following ones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(distinct(var.availability_zones)) >= 2
    error_message = "R1.1: availability_zones must name at least two different zones."
  }
}

variable "backup_retention_days" {
  description = "Days that automatic backups are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "R1.1: backup_retention_days must be 1 to 35."
  }
}

variable "capacity_acu" {
  description = "Smallest and largest capacity of each instance, in Aurora capacity units of 2 GiB."
  type = object({
    max = optional(number, 2)
    min = optional(number, 0.5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.capacity_acu.min >= 0.5 && var.capacity_acu.max <= 256 && var.capacity_acu.min <= var.capacity_acu.max
    error_message = "R1.1: capacity_acu must satisfy 0.5 <= min <= max <= 256."
  }

  validation {
    condition     = alltrue([for acu in values(var.capacity_acu) : floor(acu * 2) == acu * 2])
    error_message = "R1.1: capacity_acu takes steps of 0.5."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the cluster. Lift it with an apply of its own before a destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "engine_version" {
  description = "Aurora PostgreSQL version, major.minor. 16.8 is a long-term-support release."
  type        = string
  default     = "16.8"
  nullable    = false

  validation {
    condition     = can(regex("^(1[5-9]|[2-9][0-9])\\.[0-9]+$", var.engine_version))
    error_message = "R1.1: engine_version must be major.minor from 15 on, for example 16.8."
  }
}

variable "instance_count" {
  description = "How many instances: one writer, the others readers."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.instance_count >= 1 && var.instance_count <= 16 && floor(var.instance_count) == var.instance_count
    error_message = "R1.1: instance_count must be a whole number from 1 to 16."
  }
}

variable "log_retention_days" {
  description = "Days that the exported PostgreSQL log is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "R3.4: log_retention_days must be one of the retention periods of CloudWatch Logs."
  }
}

variable "name" {
  description = "Prefix of every name, normally PROJECT-ENVIRONMENT; also the cluster's identifier."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9]|-[a-z0-9]){2,39}$", var.name)) && length(var.name) <= 40
    error_message = "name must be 3 to 40 lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen."
  }
}

variable "secrets_kms_key_arn" {
  description = "KMS key that encrypts the master user's secret."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.secrets_kms_key_arn))
    error_message = "R1.1: secrets_kms_key_arn must be the ARN of a KMS key."
  }
}

variable "security_group_id" {
  description = "Security group of the cluster: PostgreSQL from the functions only."
  type        = string
  nullable    = false
}

variable "skip_final_snapshot" {
  description = "Whether the cluster may be destroyed without a last snapshot and without its automatic backups."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.skip_final_snapshot && var.deletion_protection)
    error_message = "R1.1: skip_final_snapshot contradicts deletion_protection; only a database that may be deleted may go without a snapshot."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the cluster, in at least two zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "R1.1: subnet_ids must hold at least two subnets, each in another zone."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
