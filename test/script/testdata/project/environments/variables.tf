variable "size" {
  description = "How large the application is."
  type        = number
  nullable    = false

  validation {
    condition     = var.size > 0
    error_message = "The size must be positive."
  }
}
