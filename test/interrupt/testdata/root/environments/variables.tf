variable "environment" {
  description = "Name of the environment."
  type        = string
  nullable    = false
}

variable "key" {
  description = "Whether layer network has a KMS key, whose creation takes some 13 s."
  type        = bool
  default     = false
  nullable    = false
}

variable "password" {
  description = "Value of the application's secret."
  type        = string
  nullable    = false
  sensitive   = true
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "ap-northeast-1"
  nullable    = false
}

variable "revision" {
  description = "Raising it updates, replaces, creates and deletes some of what is there."
  type        = number
  default     = 1
  nullable    = false
}

variable "wait_seconds" {
  description = "How long layer network takes at least to be created: time for a test to act."
  type        = number
  default     = 0
  nullable    = false
}
