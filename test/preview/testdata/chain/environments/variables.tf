variable "environment" {
  type = string
}

variable "mark" {
  type    = string
  default = "first"
}
