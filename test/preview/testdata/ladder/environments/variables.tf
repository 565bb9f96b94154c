variable "cidr_block" {
  type    = string
  default = "10.40.0.0/16"
}

variable "environment" {
  type = string
}

variable "retention_days" {
  type    = number
  default = 7
}

variable "secret" {
  type      = string
  sensitive = true
}
