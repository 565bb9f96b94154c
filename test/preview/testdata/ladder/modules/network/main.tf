variable "cidr_block" {
  type = string
}

variable "name" {
  type = string
}

variable "owner_arn" {
  type = string
}

variable "zones" {
  type = set(string)
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block
  tags       = { Name = var.name, Owner = var.owner_arn }
}

resource "aws_subnet" "this" {
  for_each = var.zones

  availability_zone = "ap-northeast-1${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, index(tolist(var.zones), each.key))
  tags              = { Name = "${var.name}-${each.key}" }
  vpc_id            = aws_vpc.this.id
}

output "subnet_ids" {
  value = { for zone, subnet in aws_subnet.this : zone => subnet.id }
}

output "vpc_id" {
  value = aws_vpc.this.id
}
