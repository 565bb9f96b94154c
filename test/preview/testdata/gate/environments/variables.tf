variable "environment" {
  type = string
}

variable "mark" {
  type    = string
  default = "first"
}

# A path: the gate's apply makes PATH.begun and ends when PATH.go is there.
variable "wait" {
  type    = string
  default = ""
}
