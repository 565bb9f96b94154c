variable "cidr_block" {
  type = string
}

variable "group_id" {
  type = string
}

variable "vpc_id" {
  type = string
}

resource "aws_subnet" "this" {
  cidr_block = cidrsubnet(var.cidr_block, 8, 1)
  vpc_id     = var.vpc_id
}

resource "terraform_data" "note" {
  input = "${aws_subnet.this.id} behind ${var.group_id}"
}
