variable "cidr_block" {
  type = string
}

variable "vpc_id" {
  type = string
}

resource "aws_subnet" "this" {
  cidr_block = var.cidr_block
  vpc_id     = var.vpc_id
}

output "subnet_id" {
  value = aws_subnet.this.id
}
