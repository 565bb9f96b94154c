variable "deletion_protection" {
  type    = bool
  default = true
}

variable "environment" {
  type = string
}

variable "folder" {
  type    = string
  default = "first"
}

variable "logs" {
  type    = set(string)
  default = ["audit", "calls"]
}
