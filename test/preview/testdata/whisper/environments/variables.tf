variable "environment" {
  type = string
}

variable "label" {
  type    = string
  default = "plain"
}

variable "secret" {
  type      = string
  sensitive = true
}
