variable "app_wait_seconds" {
  description = "How long the second layer takes."
  type        = number
  default     = 0
}

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "password" {
  description = "A secret that is an output of one layer and an input of the next."
  type        = string
  sensitive   = true
}

variable "revision" {
  description = "Changes something of each layer."
  type        = number
  default     = 1
}

variable "wait_seconds" {
  description = "How long the first layer takes."
  type        = number
  default     = 0
}
