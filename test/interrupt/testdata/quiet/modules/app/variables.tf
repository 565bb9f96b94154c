variable "password" {
  type      = string
  sensitive = true
}

variable "revision" {
  type = number
}

variable "wait_seconds" {
  type = number
}
