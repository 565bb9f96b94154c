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

variable "security_group_id" {
  type     = string
  nullable = false
}

variable "subnet_ids" {
  type     = map(string)
  nullable = false
}

variable "vpc_id" {
  type     = string
  nullable = false
}
