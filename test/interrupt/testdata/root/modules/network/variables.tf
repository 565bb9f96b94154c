variable "key" {
  type     = bool
  nullable = false
}

variable "name" {
  type     = string
  nullable = false
}

variable "password" {
  type      = string
  nullable  = false
  sensitive = true
}

variable "revision" {
  type     = number
  nullable = false
}

variable "wait_seconds" {
  type     = number
  nullable = false
}
